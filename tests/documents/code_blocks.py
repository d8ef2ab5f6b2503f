#!/usr/bin/env python3
"""code_blocks.py SOURCE_DIR PAGE: every ```cpp and ```c block of a page compiles against the public headers.

A block's paragraphs (an empty line within braces ends none) that begin with #include, struct, class, enum,
using, template, namespace, static, PERDURE_ or a function's head stand at file scope; all others in a
function, one for each block. "```cpp continues" goes on
with the function of the block before. What a page takes for granted (a world, the reader's own report())
is in assumed/everywhere.h and assumed/<page>.h, behind what the page itself declares; in C, in assumed/everywhere_c.h. Libraries that
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
from typing import NamedTuple

HERE = Path(__file__).parent
FILE_SCOPE = re.compile(r"(#include|struct |class |enum |using |template|namespace |static |PERDURE_|"
                        r"typedef |(?!if |for |while |switch )[\w:<>&* ]+ \w+\([^()]*\) (const )?\{$)", re.MULTILINE)
UNKNOWN = "not_declared_anywhere_"


class Language(NamedTuple):
    fence: str  # of its blocks
    suffix: str
    compiler: tuple  # the variable that names it, the default
    flags: list
    begin: str  # of each page
    assumed: list  # behind what a page declares, and then what it has of its own; none, none
    unknown: str  # at file scope, with a name in it


LANGUAGES = [
    Language("cpp", ".cc", ("CXX", "g++"), ["-std=c++20"], "#include <perdure/perdure.h>\n", ["everywhere"],
             "static_assert({});"),
    Language("c", ".c", ("CC", "gcc"), ["-std=c99", "-pedantic"], "#include <perdure/c.h>\n#include \"everywhere_c.h\"\n", [],
             "int array_of_{0}[{0}];"),
]


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


def blocks(page, language):
    """(continues, [(number, line)]) of each block in this language."""
    found, current, continues = [], None, False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if current is None:
            opened = re.fullmatch(r"```(cpp|c)( continues)?", line)
            if opened:
                current = [] if opened[1] == language.fence else False
                continues = opened[2] is not None
            elif re.match(r"```(c|C)", line):
                sys.exit(f"{page}:{number}: say ```cpp or ```c, and then nothing or continues")
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


def translation_unit(page, language, unknown):
    """The page in one language, and in how many places it was put; `unknown`: each with a name that nobody declared."""
    declared, functions, places = [], [], 0
    for continues, lines in blocks(page, language):
        outside, inside = [], []
        for number, text in paragraphs(lines):
            marked = f'#line {number} "{page.name}"\n{text}'
            (outside if FILE_SCOPE.match(text) else inside).append(marked)
        if outside:
            declared += outside + [language.unknown.format(f"{UNKNOWN}{places}_")] * unknown
            places += 1
        if inside and not (continues and functions):
            functions.append([])
        if inside:
            functions[-1] += inside + [f"{UNKNOWN}{places}_();"] * unknown
            places += 1
    assumed = list(language.assumed)
    if assumed and (HERE / "assumed" / f"{page.stem}.h").exists():
        assumed.append(page.stem)
    text = language.begin + "\n".join(declared) + "\n"
    text += "".join(f'#include "{name}.h"\n' for name in assumed)
    for number, body in enumerate(functions):
        text += f"int block_{number}(void);\nint block_{number}(void) {{\n" + "\n".join(body) + \
            "\nreturn 0;\n}\n"
    return text, places


def compiler_says(source, language, text):
    with tempfile.NamedTemporaryFile("w", suffix=language.suffix) as unit:
        unit.write(text)
        unit.flush()
        words = [os.environ.get(*language.compiler), *language.flags, "-Wall", "-Wextra", "-Werror", "-Wno-unused",
                 "-fsyntax-only", "-I", str(source / "include"), "-I", str(HERE / "assumed"),
                 "-I", str(source / "tests/stand_ins"), unit.name]
        return subprocess.run(words, capture_output=True, text=True)


def check(source, page, language):
    """In how many places there is code in this language; all of it compiles."""
    text, places = translation_unit(page, language, False)
    if not places:
        return 0
    answer = compiler_says(source, language, text)
    if answer.returncode:
        print(answer.stderr)
        sys.exit(f"{page}: its code is not what the public headers offer; change the one or the other")
    answer = compiler_says(source, language, translation_unit(page, language, True)[0])
    unseen = [place for place in range(places) if f"{UNKNOWN}{place}_" not in answer.stderr]
    if unseen:
        print(answer.stderr)
        sys.exit(f"{page}: the compiler never saw the code at {unseen}")
    return places


def main():
    source, page = Path(sys.argv[1]), Path(sys.argv[2])
    places = sum(check(source, page, language) for language in LANGUAGES)
    if not places:
        sys.exit(f"{page}: no ```cpp and no ```c block")
    print(f"{page}: the code in {places} places compiles")


if __name__ == "__main__":
    main()
