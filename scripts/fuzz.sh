#!/usr/bin/env bash
# fuzz.sh BUILD_DIR SECONDS [TARGET…]: lets each fuzzer run for so long, JOBS side by side, from its
# corpus and what was found before; then the canary, which must be caught. Finds are kept in
# BUILD_DIR/corpus/TARGET, inputs that fail in BUILD_DIR/findings. Fails if any target does.
set -uo pipefail

build=$1 seconds=$2
shift 2
here=$(cd "$(dirname "$0")/.." && pwd)
findings=$build/findings
canary_seconds=60 # it takes one; sixty allow for a busy machine
mkdir -p "$findings" "$build/logs"

targets=("$@")
if ((${#targets[@]} == 0)); then
    for program in "$build"/bin/fuzz_*; do
        name=${program##*/fuzz_}
        [[ $name == canary ]] || targets+=("$name")
    done
fi

# Beyond 4 KiB inputs only get slower: what is large in a file of ours is zeros, which inputs leave out.
options=(-print_final_stats=1 -timeout=20 -rss_limit_mb=3000 -max_len=16384 -len_control=20)

run_one() {
    local name=$1
    mkdir -p "$build/corpus/$name"
    "$build/bin/fuzz_$name" "${options[@]}" -max_total_time="$seconds" \
        -artifact_prefix="$findings/$name-" "$build/corpus/$name" "$here/tests/fuzz/corpus/$name" \
        >"$build/logs/$name" 2>&1
    echo $? >"$build/logs/$name.outcome"
}

# name: executions, a second, edges covered, inputs in the corpus
figures_of() {
    awk -v name="$1" -v outcome="$2" '
        / cov: / { for (i = 1; i < NF; ++i) { if ($i == "cov:") edges = $(i + 1); if ($i == "corp:") corpus = $(i + 1) } }
        /^stat::number_of_executed_units:/ { runs = $2 }
        /^stat::average_exec_per_sec:/ { rate = $2 }
        END { sub("/.*", "", corpus); printf "%-14s %12d %9d %7d %7d  %s\n", name, runs, rate, edges, corpus, outcome }
    ' "$build/logs/$1"
}

catch_canary() {
    local found
    rm -f "$findings"/canary-*
    "$build/bin/fuzz_canary" -max_total_time="$canary_seconds" -artifact_prefix="$findings/canary-" \
        >"$build/logs/canary" 2>&1 && { echo "the canary was not found: see $build/logs/canary"; return 1; }
    grep -q 'AddressSanitizer: heap-buffer-overflow' "$build/logs/canary" ||
        { echo "the canary was not found: it ended otherwise, see $build/logs/canary"; return 1; }
    found=$(grep -c '' <(compgen -G "$findings/canary-*"))
    ((found > 0)) || { echo "the canary was not found: no input was kept"; return 1; }
    rm -f "$findings"/canary-*
    echo "the canary was found"
}

for name in "${targets[@]}"; do
    while (($(jobs -rp | wc -l) >= ${JOBS:-1})); do wait -n; done
    run_one "$name" &
done
wait

failed=0
printf '%-14s %12s %9s %7s %7s\n' target executions 'a second' edges corpus
for name in "${targets[@]}"; do
    outcome=$(cat "$build/logs/$name.outcome")
    if ((outcome == 0)); then
        figures_of "$name" ""
    else
        failed=$((failed + 1))
        figures_of "$name" FAILED
    fi
done
for name in "${targets[@]}"; do
    (($(cat "$build/logs/$name.outcome") == 0)) && continue
    echo "== $name failed; $build/logs/$name ends with"
    grep -E '^perdure: bug|ERROR: |SUMMARY: |runtime error|Test unit written' "$build/logs/$name" || tail -5 "$build/logs/$name"
    echo "again: $build/bin/fuzz_$name INPUT; mend the fault, and keep the input in tests/fuzz/corpus/$name"
done
catch_canary || failed=$((failed + 1))
echo "$((${#targets[@]} + 1 - failed)) passed, $failed failed"
((failed == 0))
