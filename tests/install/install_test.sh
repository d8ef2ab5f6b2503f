#!/usr/bin/env bash
# install_test.sh BUILD_DIR SOURCE_DIR: installs the built tree into a scratch folder, moves it, and
# builds and runs a program against it by find_package and by pkg-config.
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
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # the flags are words
"${CXX:-g++}" -std=c++20 "$consumer/main.cc" -o "$scratch/by-pkg-config" \
    $(pkg-config --cflags --libs perdure)
"$scratch/by-pkg-config"

step "the installed files name neither the source nor the build folder"
if grep -rIl -e "$source" -e "$build" "$prefix"; then
    echo "the files above name a folder of this machine; see cmake/library.cmake" >&2
    exit 1
fi
