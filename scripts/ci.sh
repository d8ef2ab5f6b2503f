#!/usr/bin/env bash
# What continuous integration runs: the make targets below, in turn, up to the first that fails; then
# those that only report, whatever they say; then the seconds that each took and the line
# `N passed, N failed`, which counts those that decide. The sanitizers' builds are clang's, so they are
# also the check that clang has no warnings.
set -uo pipefail

deciding=(test lint-format lint-rules install-test lint-headers asan tsan)
# Not yet seen to pass whole: it is run and shown, and joins the others as soon as it is.
reporting=(lint-tidy)
reporting_seconds_max=1000
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

for step in "${deciding[@]}"; do
    if run "$step" make --no-print-directory "$step"; then
        passed=$((passed + 1))
    else
        failed=1
        break
    fi
done
if ((failed == 0)); then
    for step in "${reporting[@]}"; do
        run "$step" timeout "$reporting_seconds_max" make --no-print-directory "$step" || true
    done
fi

echo "== summary"
printf '%s\n' "${summary[@]}"
printf '%-14s %-7s %5d s\n' all "" "$SECONDS"
echo "$passed passed, $failed failed"
((failed == 0))
