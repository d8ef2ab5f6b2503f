#!/usr/bin/env bash
# install_test.sh BUILD_DIR SOURCE_DIR: installs the built tree into a scratch folder, moves it, and
# builds and runs programs against it by find_package and by pkg-config, shared and static.
set -euo pipefail

build=$1 source=$2
consumer=$source/tests/install/consumer
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix

step() { echo "-- $*"; }

step "install, and move the installed tree"
cmake --install "$build" --prefix "$scratch/elsewhere" >"$scratch/log" || { cat "$scratch/log"; exit 1; }
mv "$scratch/elsewhere" "$prefix"

step "the command starts"
"$prefix/bin/perdure" --help >"$scratch/log" || { cat "$scratch/log"; exit 1; }

step "every installed header compiles alone, and all public headers are installed"
diff <(cd "$source/include" && find perdure -name '*.h' | sort) \
    <(cd "$prefix/include" && find perdure -name '*.h' | sort)
"$source/scripts/check-headers.sh" "$prefix/include" perdure

step "find_package(perdure)"
cmake -S "$consumer" -B "$scratch/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
    >"$scratch/log" || { cat "$scratch/log"; exit 1; }
cmake --build "$scratch/consumer"
"$scratch/consumer/consumer"

step "pkg-config perdure"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name perdure.pc)")
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
export PKG_CONFIG_PATH LD_LIBRARY_PATH
compile() { # PROGRAM SOURCE WORD…
    "${CXX:-g++}" -std=c++20 -o "$@"
}
read -ra shared <<<"$(pkg-config --cflags --libs perdure)"
read -ra static <<<"$(pkg-config --cflags --libs --static perdure)"
compile "$scratch/by-pkg-config" "$consumer/main.cc" "${shared[@]}"
"$scratch/by-pkg-config"
compile "$scratch/static" "$consumer/main.cc" "${static[@]/#-lperdure/-l:libperdure.a}"
env -u LD_LIBRARY_PATH "$scratch/static"

step "the same from C"
compile_c() { # PROGRAM SOURCE WORD…
    "${CC:-gcc}" -std=c99 -Wall -Wextra -pedantic -Werror -o "$@"
}
compile_c "$scratch/c" "$consumer/main.c" "${shared[@]}"
"$scratch/c"
compile_c "$scratch/static-c" "$consumer/main.c" "${static[@]/#-lperdure/-l:libperdure.a}"
env -u LD_LIBRARY_PATH "$scratch/static-c"

step "the shared library has all that the examples need"
for example in "$source"/examples/*; do
    compgen -G "$example/*.cc" >"$scratch/log" || continue
    echo "   ${example##*/}"
    words=()
    for rules in "$example"/rules/*.cc; do # libraries that it loads, and where they are
        [[ -e $rules ]] || continue
        name=$(basename "$rules" .cc)
        compile "$scratch/$name.so" -shared -fPIC -fvisibility=hidden -fno-gnu-unique "$rules" "${shared[@]}"
        words+=("-D${name^^}=\"$scratch/$name.so\"")
    done
    compile "$scratch/example" -I "$source/examples" ${words[@]+"${words[@]}"} "$example"/*.cc "${shared[@]}"
    ldd "$scratch/example" >"$scratch/log"
    grep -q libperdure.so "$scratch/log" || { echo "$example was not linked with the shared library"; exit 1; }
    ((${#words[@]} == 0)) || (cd "$scratch" && ./example >"$scratch/log") || { cat "$scratch/log"; exit 1; }
done
(cd "$scratch" && ./example >"$scratch/log") || { cat "$scratch/log"; exit 1; }

step "and exports nothing that is ours alone"
library=$(find "$prefix/lib" -name 'libperdure.so.*' -type f)
nm --dynamic --defined-only --demangle "$library" | cut -d' ' -f3- | sort >"$scratch/exports"
grep -q '^perdure::World::commit' "$scratch/exports"
if grep -vE '^(perdure::|(vtable|typeinfo|typeinfo name) for perdure::|perdure_|PERDURE_)' "$scratch/exports" ||
    grep -E 'perdure::(engine|entities|io|journal|store|model|jobs|cli)::[A-Za-z_:]*\(' "$scratch/exports" |
        grep -vE '^perdure::[A-Z]' || grep 'perdure::ChangeSet' "$scratch/exports"; then
    echo "the names above are exported; see cmake/perdure.map" >&2
    exit 1
fi

step "the installed files name neither the source nor the build folder"
if grep -rIl -e "$source" -e "$build" "$prefix"; then
    echo "the files above name a folder of this machine; see cmake/library.cmake" >&2
    exit 1
fi
