#!/usr/bin/env bash
# count-assertions.sh [FLOOR [FOLDER…]]: how dense assertions are: PERDURE_ASSERT for each thousand lines that
# are neither blank nor only a comment. static_assert is shown beside it and not counted. Exits 1 if a layer
# has less than FLOOR.
set -euo pipefail
cd "$(dirname "$0")/.."

floor=${1:-0}
folders=("${@:2}")
((${#folders[@]})) || folders=(src/journal src/engine src/store)
printf '%-16s %8s %8s %8s %12s\n' "" lines assert static 'a thousand'
failed=0
for folder in "${folders[@]}"; do
    find "$folder" -name '*.h' -o -name '*.cc' | sort | xargs cat | awk -v folder="$folder" -v floor="$floor" '
        /^[ \t]*(\/\/.*)?$/ { next }
        { ++lines; plain += gsub(/PERDURE_ASSERT\(/, "&"); fixed += gsub(/static_assert\(/, "&") }
        END {
            dense = lines ? 1000 * plain / lines : 0
            printf "%-16s %8d %8d %8d %12.1f\n", folder, lines, plain, fixed, dense
            if (dense < floor || !lines) {
                printf "%s: below the floor of %s assertions a thousand lines; say what must hold\n", folder, floor
                exit 1
            }
        }' || failed=$((failed + 1))
done
echo "$((${#folders[@]} - failed)) passed, $failed failed"
((failed == 0))
