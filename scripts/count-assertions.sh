#!/usr/bin/env bash
# count-assertions.sh [FOLDER…]: how dense assertions are: PERDURE_ASSERT for each thousand lines that are
# neither blank nor only a comment. static_assert is shown beside it and not counted.
set -euo pipefail
cd "$(dirname "$0")/.."

folders=("$@")
((${#folders[@]})) || folders=(src/journal src/engine src/store)
printf '%-16s %8s %8s %8s %12s\n' "" lines assert static 'a thousand'
for folder in "${folders[@]}"; do
    find "$folder" -name '*.h' -o -name '*.cc' | sort | xargs cat | awk -v folder="$folder" '
        /^[ \t]*(\/\/.*)?$/ { next }
        { ++lines; plain += gsub(/PERDURE_ASSERT\(/, "&"); fixed += gsub(/static_assert\(/, "&") }
        END { printf "%-16s %8d %8d %8d %12.1f\n", folder, lines, plain, fixed, 1000 * plain / lines }'
done
