#!/usr/bin/env bash
# check-headers.sh ROOT FOLDER [-I...]: every header under ROOT/FOLDER, included by its path from ROOT,
# compiles alone with g++ and (where it is installed) clang++, all warnings on. One that says "Include
# <flecs.h> before this header." compiles behind that; tests/stand_ins has what is not ours.
set -euo pipefail

root=$1 folder=$2
shift 2
export root include_flags="-I $root -I $(realpath "$(dirname "$0")/../tests/stand_ins") $*"

check() {
    if [[ $2 == perdure/c.h ]]; then  # which is C, too
        local c=gcc
        [[ $1 == g++ ]] || c=clang
        echo "#include \"$2\"" | "$c" -std=c99 -Wall -Wextra -pedantic -Wstrict-prototypes -Werror \
            $include_flags -fsyntax-only -x c - || { echo "$2: is no C99 for $c" >&2; return 1; }
    fi
    local before
    before=$(sed -nE 's|^//.* Include (<[^>]+>) before this header\..*|#include \1|p' "$root/$2")
    printf '%s\n#include "%s"\n' "$before" "$2" |
        "$1" -std=c++20 -Wall -Wextra -Wpedantic -Werror $include_flags \
        -fsyntax-only -x c++ - && return
    echo "$2: does not compile alone with $1; include what it uses" >&2
    return 1
}
export -f check

compilers=()
for compiler in g++ clang++; do
    if command -v "$compiler" >/dev/null; then compilers+=("$compiler"); fi
done
headers=$(cd "$root" && find "$folder" -name '*.h' | sed 's|^\./||' | sort)
[[ -n $headers ]] || { echo "$root/$folder: no headers here" >&2; exit 1; }
for header in $headers; do
    for compiler in "${compilers[@]}"; do echo "$compiler $header"; done
done | xargs -P "${JOBS:-$(nproc)}" -L 1 bash -c 'check "$1" "$2"' _
echo "$(wc -l <<<"$headers") headers under $root compile alone with ${compilers[*]}"
