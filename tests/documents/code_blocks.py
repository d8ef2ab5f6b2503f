#!/usr/bin/env python3
"""code_blocks.py SOURCE_DIR PAGE: every ```cpp block of a page compiles against the public headers.

A block's paragraphs (an empty line within braces ends none) that begin with #include, struct, class, enum,
using, template, namespace, static, PERDURE_ or a function's head stand at file scope; all others in a
function, one for each block. "```cpp continues" goes on
with the function of the block before. What a page takes for granted (a world, the reader's own report())
is in assumed/everywhere.h and assumed/<page>.h, behind what the page itself declares. Libraries that
are not ours are found in tests/stand_ins.

Then the same again with a name that nobody declared in each place: where the compiler does not notice
it, nothing was compiled.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FILE_SCOPE = re.compile(r"(#include|struct |class |enum |using |template|namespace |static |PERDURE_|"
                        r"(?!if |for |while |switch )[\w:<>&* ]+ \w+\([^()]*\) (const )?\{$)", re.MULTILINE)
UNKNOWN = "not_declared_anywhere_"


def text_depth(lines):
    return sum(line.count("{") - line.count("}") for line in lines)


def paragraphs(lines):
    """(number of the first line, text) of each."""
    found, begin, current = [], 0, []
    for number, line in lines + [(0, "")]:
        if line.strip() or text_depth(current) > 0 and number:
            if not current:
                begin = number
            current.append(line)
        elif current:
            found.append((begin, "\n".join(current)))
            current = []
    return found


def blocks(page):
    """(continues, [(number, line)]) of each block."""
    found, current, continues = [], None, False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if current is None:
            opened = re.fullmatch(r"```cpp( continues)?", line)
            if opened:
                current, continues = [], opened[1] is not None
            elif line.startswith("```c++") or re.match(r"```cpp", line):
                sys.exit(f"{page}:{number}: say ```cpp, or ```cpp continues")
            elif line.startswith("```") and line != "```":
                current = False  # another language
            elif line == "```":
                current = False
        elif line == "```":
            if current is not False:
                found.append((continues, current))
            current = None
        elif current is not False:
            current.append((number, line))
    return found


def translation_unit(page, unknown):
    """The page as C++, and in how many places it was put; `unknown`: each with a name that nobody declared."""
    declared, functions, places = [], [], 0
    for continues, lines in blocks(page):
        outside, inside = [], []
        for number, text in paragraphs(lines):
            marked = f'#line {number} "{page.name}"\n{text}'
            (outside if FILE_SCOPE.match(text) else inside).append(marked)
        if outside:
            declared += outside + [f"static_assert({UNKNOWN}{places}_);"] * unknown
            places += 1
        if inside and not (continues and functions):
            functions.append([])
        if inside:
            functions[-1] += inside + [f"{UNKNOWN}{places}_();"] * unknown
            places += 1
    assumed = ["everywhere"] + ([page.stem] if (HERE / "assumed" / f"{page.stem}.h").exists() else [])
    text = "#include <perdure/perdure.h>\n" + "\n".join(declared) + "\n"
    text += "".join(f'#include "{name}.h"\n' for name in assumed)
    for number, body in enumerate(functions):
        text += f"int block_{number}();\nint block_{number}() {{\n" + "\n".join(body) + "\nreturn 0;\n}\n"
    return text, places


def compiler_says(source, text):
    with tempfile.NamedTemporaryFile("w", suffix=".cc") as unit:
        unit.write(text)
        unit.flush()
        words = [os.environ.get("CXX", "g++"), "-std=c++20", "-Wall", "-Wextra", "-Werror", "-Wno-unused",
                 "-fsyntax-only", "-I", str(source / "include"), "-I", str(HERE / "assumed"),
                 "-I", str(source / "tests/stand_ins"), unit.name]
        return subprocess.run(words, capture_output=True, text=True)


def main():
    source, page = Path(sys.argv[1]), Path(sys.argv[2])
    text, places = translation_unit(page, False)
    if not places:
        sys.exit(f"{page}: no ```cpp block")
    answer = compiler_says(source, text)
    if answer.returncode:
        print(answer.stderr)
        sys.exit(f"{page}: its code is not what the public headers offer; change the one or the other")
    answer = compiler_says(source, translation_unit(page, True)[0])
    unseen = [place for place in range(places) if f"{UNKNOWN}{place}_" not in answer.stderr]
    if unseen:
        print(answer.stderr)
        sys.exit(f"{page}: the compiler never saw the code at {unseen}")
    print(f"{page}: the code in {places} places compiles")


if __name__ == "__main__":
    main()
