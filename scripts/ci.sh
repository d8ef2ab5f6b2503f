#!/usr/bin/env bash
# What continuous integration runs: the make targets below, in turn, up to the first that fails; then
# the seconds that each took and the line `N passed, N failed`. The sanitizers' builds are clang's, so
# they are also the check that clang has no warnings.
set -uo pipefail

steps=(test lint-format lint-rules install-test asan tsan lint-headers lint-tidy)
summary=() passed=0 failed=0

run() {  # STEP COMMAND…: appends to the summary, returns what the command does
    local step=$1 began=$SECONDS verdict=FAILED status
    shift
    echo "== make $step"
    "$@"
    status=$?
    ((status == 0)) && verdict=passed
    summary+=("$(printf '%-14s %-7s %5d s' "$step" "$verdict" $((SECONDS - began)))")
    return "$status"
}

for step in "${steps[@]}"; do
    if run "$step" make --no-print-directory "$step"; then
        passed=$((passed + 1))
    else
        failed=1
        break
    fi
done

echo "== summary"
printf '%s\n' "${summary[@]}"
printf '%-14s %-7s %5d s\n' all "" "$SECONDS"
echo "$passed passed, $failed failed"
((failed == 0))
