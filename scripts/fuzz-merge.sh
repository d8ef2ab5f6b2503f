#!/usr/bin/env bash
# fuzz-merge.sh BUILD_DIR [TARGET…]: makes the corpora in tests/fuzz/corpus as small as they can be: the
# seeds, inputs named after a fault (fault-…), and of all that was found in BUILD_DIR/corpus those that
# reach what these do not: up to a hundred of them, of every size, each up to 4 KiB and 100 KiB together.
set -euo pipefail

build=$1
shift
here=$(cd "$(dirname "$0")/.." && pwd)
input_bytes_max=4096
corpus_bytes_max=$((100 << 10))
inputs_found_max=100

# size and name of what is in one folder and not in the other, evenly over all sizes
spread() {
    find "$1" -type f -size -$((input_bytes_max + 1))c -printf '%s %p\n' | sort -n |
        while read -r size file; do [[ -e $2/${file##*/} ]] || echo "$size $file"; done |
        awk -v most="$inputs_found_max" '
            { all[NR] = $0 }
            END { step = NR > most ? NR / most : 1; for (at = 1; at <= NR; at += step) print all[int(at)] }'
}

merge_one() {
    local name=$1 kept=$here/tests/fuzz/corpus/$1 base added bytes size file
    base=$(mktemp -d) added=$(mktemp -d)
    mkdir -p "$kept" "$build/corpus/$name"
    find "$kept" -type f \( -name 'seed-*' -o -name 'fault-*' \) -exec cp -t "$base" {} +
    cp -r "$base"/. "$added"
    "$build/bin/fuzz_$name" -merge=1 -max_len=$input_bytes_max "$added" "$build/corpus/$name" "$kept" \
        >"$build/logs/$name.merge" 2>&1
    bytes=$(cat "$base"/* 2>/dev/null | wc -c)
    find "$kept" -type f ! -name 'seed-*' ! -name 'fault-*' -delete
    while read -r size file; do
        ((bytes + size <= corpus_bytes_max)) || continue
        cp "$file" "$kept/found-$(sha1sum <"$file" | cut -c1-12)"
        bytes=$((bytes + size))
    done < <(spread "$added" "$base")
    rm -rf "$base" "$added"
    printf '%-14s %4d inputs %7d bytes\n' "$name" "$(find "$kept" -type f | wc -l)" "$bytes"
}

mkdir -p "$build/logs"
targets=("$@")
if ((${#targets[@]} == 0)); then
    for program in "$build"/bin/fuzz_*; do
        name=${program##*/fuzz_}
        [[ $name == canary ]] || targets+=("$name")
    done
fi
for name in "${targets[@]}"; do merge_one "$name"; done
