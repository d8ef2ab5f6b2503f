#!/bin/sh
# A field that PERDURE_COMPONENT does not name must not compile; the same struct with all named must.
# usage: field_test.sh COMPILER INCLUDE_DIRECTORY
set -u
compiler=$1
include=$2

compiles() {
    printf '#include "perdure/component.h"\n%s\n' "$1" |
        "$compiler" -std=c++20 -fsyntax-only ${2:-} -I "$include" -x c++ - 2>&1
}
must_compile() {
    output=$(compiles "$1" "-Wall -Wextra -Wpedantic -Werror") || { echo "must compile: $1"; echo "$output"; exit 1; }
}
must_not_compile() {
    compiles "$1" >/dev/null && { echo "must not compile: $1"; exit 1; }
    return 0
}

must_compile 'struct A { float x, y, z; }; PERDURE_COMPONENT(A, x, y, z);'
must_not_compile 'struct A { float x, y, z; }; PERDURE_COMPONENT(A, x, y);'
must_not_compile 'struct A { float x, y, z; }; PERDURE_COMPONENT(A, x, y, z, w);'
must_not_compile 'struct A { float x, y, z; }; PERDURE_COMPONENT(A);'
must_compile 'struct A {}; PERDURE_COMPONENT(A);'
must_not_compile 'struct A {}; PERDURE_COMPONENT(A, x);'
must_not_compile 'struct A { float* x; }; PERDURE_COMPONENT(A, x);'
must_not_compile 'struct A { long double x; }; PERDURE_COMPONENT(A, x);'
must_not_compile 'struct A { std::array<bool, 3> x; }; PERDURE_COMPONENT(A, x);'
must_not_compile 'struct A { std::optional<std::optional<int>> x; }; PERDURE_COMPONENT(A, x);'
must_compile 'struct A { std::optional<int> x; }; PERDURE_COMPONENT_AS(A, "B", x);'
echo "all as expected with $compiler"
