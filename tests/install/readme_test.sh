#!/usr/bin/env bash
# readme_test.sh SOURCE_DIR: the first C++ block of README.md compiles against the public headers, and would
# not if a name in it were another. Its paragraphs that begin with #include, struct or PERDURE_ are put at file
# scope, the others into a function; report() and tell() stand for the reader's own.
set -euo pipefail

source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# paragraphs PLACE: those of the block that go to this place (file or function), under README.md's line numbers.
paragraphs() {
    awk -v place="$1" '
        done { next }
        !inside { inside = /^```cpp$/; fresh = 1; next }
        /^```$/ { done = 1; next }
        /^$/ { fresh = 1; next }
        fresh { to = /^(#include|struct |PERDURE_)/ ? "file" : "function"; fresh = 0
                if (to == place) print "#line " NR " \"README.md\"" }
        to == place' "$source/README.md"
}

compile() {
    "${CXX:-g++}" -std=c++20 -Wall -Wextra -Werror -I "$source/include" -fsyntax-only "$1"
}

declarations=$(paragraphs file) statements=$(paragraphs function)
[[ $declarations == *"#include <perdure/"* && $statements == *"perdure::World::open"* ]] ||
    { echo "README.md: its first \`\`\`cpp block does not include Perdure and open a world" >&2; exit 1; }
cat >"$scratch/readme.cc" <<END
$declarations
#include <string_view>
int report(const perdure::Status&);
void tell(perdure::Entity, std::string_view);
int use();
int use() {
$statements
    return 0;
}
END
compile "$scratch/readme.cc" ||
    { echo "README.md: its example is not what the public headers offer; change the one or the other" >&2; exit 1; }

# Where an example of another API compiles as well, nothing was tested.
sed 's/world\.commit(/world.no_such_call(/' "$scratch/readme.cc" >"$scratch/drifted.cc"
if compile "$scratch/drifted.cc" 2>/dev/null; then
    echo "README.md: its example ends no tick with world.commit(), or calls what nobody offers" >&2
    exit 1
fi
echo "README.md: the example compiles"
