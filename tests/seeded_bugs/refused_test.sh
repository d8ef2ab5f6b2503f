#!/usr/bin/env bash
# refused_test.sh SOURCE_DIR: a build with seeded bugs is a Debug build of Perdure itself, or none, and cannot be
# installed.
set -euo pipefail

source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# refused WORDS COMMAND…: the command fails, and says these words.
refused() {
    local words=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then
        echo "should have been refused: $*" >&2
        exit 1
    fi
    grep -qF "$words" "$scratch/log" || { cat "$scratch/log"; echo "said nothing of '$words': $*" >&2; exit 1; }
    echo "-- refused: $*"
}

configure() {
    cmake -S "$1" -B "$scratch/$2" -G Ninja -DPERDURE_BUILD_TESTS=OFF -DPERDURE_BUILD_CLI=OFF \
        -DPERDURE_BUILD_EXAMPLES=OFF "${@:3}"
}

for type in Release RelWithDebInfo MinSizeRel ""; do
    refused "builds bugs in" configure "$source" "as-$type" -DPERDURE_SEEDED_BUGS=ON -DCMAKE_BUILD_TYPE=$type
done

mkdir "$scratch/embedder"
cat >"$scratch/embedder/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(embedder LANGUAGES C CXX)
add_subdirectory("$source" perdure)
END
refused "builds bugs in" configure "$scratch/embedder" embedded -DPERDURE_SEEDED_BUGS=ON -DCMAKE_BUILD_TYPE=Debug

configure "$source" bugs -DPERDURE_SEEDED_BUGS=ON -DCMAKE_BUILD_TYPE=Debug >"$scratch/log" 2>&1 ||
    { cat "$scratch/log"; exit 1; }
refused "never installed" cmake --install "$scratch/bugs" --prefix "$scratch/prefix"
[[ ! -e $scratch/prefix ]] || { echo "something was installed after all" >&2; exit 1; }
