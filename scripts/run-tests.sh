#!/usr/bin/env bash
# run-tests.sh BUILD_DIR [ctest arguments]: runs the tests, shows the output of those that fail, and
# ends with the line `N passed, N failed`. A GoogleTest program counts as its cases, any other as one. A
# program that hangs is ended, and has failed, after TEST_SECONDS_MAX, else 1200.
set -uo pipefail

build=$1
shift
log=$build/Testing/Temporary/LastTest.log
rm -f "$log"
ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "${JOBS:-$(nproc)}" \
    --timeout "${TEST_SECONDS_MAX:-1200}" \
    --test-output-size-passed 100000000 --test-output-size-failed 100000000 "$@"
outcome=$?

[[ -f $log ]] || { echo "0 passed, 1 failed"; exit 1; }
awk '
    function settle(ended_well) {
        if (!open) return
        if (!ended_well && bad == 0) bad = 1  # died between its cases, or is no GoogleTest program
        if (ended_well && !cases) good = 1
        passed += good; failed += bad; open = 0
    }
    / Testing: / { settle(0); open = 1; good = bad = cases = 0 }
    /^\[  PASSED  \] [0-9]+ tests?\./ { good = $4; cases = 1 }
    /^\[  SKIPPED \] [0-9]+ tests?, listed below/ { skipped += $4 }
    /^\[  FAILED  \] [0-9]+ tests?, listed below/ { bad = $4; cases = 1 }
    /^Test Passed\./ { settle(1) }
    /^Test Failed\.|^Test timed out/ { settle(0) }
    END { settle(0) }
    END { if (skipped) printf "%d skipped\n", skipped }
    END { printf "%d passed, %d failed\n", passed, failed }
' "$log"
exit $outcome
