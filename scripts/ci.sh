#!/usr/bin/env bash
# What continuous integration runs: the make targets below, in turn, up to the first that fails; then the
# seconds that each took and the line `N passed, N failed`. The sanitizers' builds are clang's, so they
# are also the check that clang has no warnings.
#
# Everything is built from nothing here, so sources are compiled sixteen at a time: half the time of the
# whole. That each also compiles by itself, developers see, who build what they changed.
set -uo pipefail
export CMAKE_ARGS="${CMAKE_ARGS:--DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=16}"

steps=(test lint-format lint-rules docs torture-short install-test lint-headers lint-tidy asan tsan)
summary=() passed=0 failed=0

for step in "${steps[@]}"; do
    echo "== make $step"
    began=$SECONDS
    if make --no-print-directory "$step"; then
        verdict=passed passed=$((passed + 1))
    else
        verdict=FAILED failed=1
    fi
    summary+=("$(printf '%-14s %-7s %5d s' "$step" "$verdict" $((SECONDS - began)))")
    ((failed == 0)) || break
done

echo "== summary"
printf '%s\n' "${summary[@]}"
printf '%-14s %-7s %5d s\n' all "" "$SECONDS"
echo "$passed passed, $failed failed"
((failed == 0))
