#!/usr/bin/env python3
"""The promise to programs that are compiled already: abi.py SOURCE_DIR [LIBRARY] [--keep]

Reads include/perdure/c.h: functions with their types, enum values, structs with the offset and size of
every field as the compiler lays them out. What is kept in abi_1.txt must still be so; what is new must be
kept, by --keep, which adds and never takes away. With LIBRARY, the shared one: it exports every function
of the header, of the version PERDURE_C_<n>, and no other perdure_….
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = Path(__file__).parent / "abi_1.txt"


def code_of(header):
    """The header without comments and directives, blanks made one."""
    text = re.sub(r"//[^\n]*", "", header)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    return " ".join(text.replace('extern "C" {', "").split())


def functions(code):
    """{name: its declaration}."""
    outside = re.sub(r"\{[^{}]*\}", ";", code)
    found = [re.fullmatch(r"(?!typedef )[a-z_][\w ]*\*? (perdure_\w+)\(.*\)", piece.strip())
             for piece in outside.split(";")]
    return {match[1]: match[0] for match in found if match}


def enumerators(code):
    """[(enum, name)]."""
    return [(enum, name) for enum, body in re.findall(r"enum (\w+) \{([^}]*)\}", code)
            for name in re.findall(r"(\w+) = ", body)]


def fields(code):
    """[(struct, [(field, type)])]."""
    found = []
    for struct, body in re.findall(r"typedef struct (\w+) \{([^}]*)\} \w+;", code):
        members = []
        for member in filter(None, map(str.strip, body.split(";"))):
            pointer = re.fullmatch(r"(.*)\(\*(\w+)\)(\(.*\))", member)
            plain = re.fullmatch(r"(.*?)(\w+)(\[\d+\])?", member)
            name = pointer[2] if pointer else plain[2]
            kind = pointer[1] + "(*)" + pointer[3] if pointer else plain[1].strip() + (plain[3] or "")
            members.append((name, kind))
        found.append((struct, members))
    return found


def layout_program(code):
    """C that prints values, sizes and offsets, one a line."""
    lines = [f'    printf("enum {enum} {name} %d\\n", (int){name});' for enum, name in enumerators(code)]
    for struct, members in fields(code):
        lines.append(f'    printf("struct {struct} %zu\\n", sizeof({struct}));')
        lines += [f'    printf("field {struct}.{name} %zu %zu\\n", offsetof({struct}, {name}), '
                  f"sizeof((({struct}*)0)->{name}));" for name, _ in members]
    return "#include <stddef.h>\n#include <stdio.h>\n\n#include <perdure/c.h>\n\nint main(void) {\n" + \
        "\n".join(lines) + "\n    return 0;\n}\n"


def abi_of(include):
    """{what: how it is}, of the header under this folder."""
    code = code_of((include / "perdure/c.h").read_text())
    types = {f"field {struct}.{name}": kind for struct, members in fields(code) for name, kind in members}
    found = {f"function {name}": declaration for name, declaration in functions(code).items()}
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "layout.c"), Path(folder, "layout")
        source.write_text(layout_program(code))
        subprocess.run([os.environ.get("CC", "cc"), "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror",
                        "-I", str(include), "-o", str(program), str(source)], check=True)
        printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    for line in printed.splitlines():
        sort, what, *rest = line.split()
        key = f"enum {what} {rest.pop(0)}" if sort == "enum" else f"{sort} {what}"
        found[key] = " ".join(rest + ([types[key]] if sort == "field" else []))
    return found


def is_growing(abi, struct):
    """Whether programs say how long theirs is."""
    return abi.get(f"field {struct}.size", "").startswith("0 4 ")


def compare(kept, now):
    """(what is no longer as it was, what is new)."""
    broken = []
    for what, how in kept.items():
        grown = what.startswith("struct ") and is_growing(kept, what.split()[1]) and \
            what in now and int(now[what]) > int(how)
        if what not in now:
            broken.append(f"{what} is gone; it was: {how}")
        elif now[what] != how and not grown:
            broken.append(f"{what} is: {now[what]}; it was: {how}")
    new = [what for what in now if what not in kept]
    new += [what for what in kept if what.startswith("struct ") and what in now and now[what] != kept[what]]
    for what in new:  # a struct whose length no program says stays as it is
        sort, name = what.split()[:2]
        struct = name.split(".")[0]
        if sort == "field" and f"struct {struct}" in kept and not is_growing(kept, struct):
            broken.append(f"{what} is new in a struct that cannot grow")
    return broken, new


def exported(library):
    """[(name, version)] of the C functions of a shared library."""
    said = subprocess.run(["nm", "--dynamic", "--defined-only", "--with-symbol-versions", library],
                          check=True, capture_output=True, text=True).stdout
    return re.findall(r" T (perdure_\w+)@@?(\S+)", said)


def compare_exports(names, exports):
    """What is wrong with what the library exports."""
    wrong = [f"{name} is not exported; see cmake/perdure.map"
             for name in names if name not in dict(exports)]
    wrong += [f"{name} is exported, and is in no header" for name, _ in exports if name not in names]
    return wrong + [f"{name} has the version {version}, and not PERDURE_C_1…; see cmake/perdure.map"
                    for name, version in exports if not re.fullmatch(r"PERDURE_C_1(\.\d+)?", version)]


def read_kept(text):
    return dict(line.split(" | ", 1) for line in text.splitlines() if " | " in line)


def main():
    keep = "--keep" in sys.argv
    source, *library = [Path(word) for word in sys.argv[1:] if word != "--keep"]
    now = abi_of(source / "include")
    kept = read_kept(KEPT.read_text()) if KEPT.exists() else {}
    broken, new = compare(kept, now)
    for what in broken:
        print(f"{what}; programs that are compiled already would break: docs/decisions/0012")
    names = [what.split()[1] for what in now if what.startswith("function ")]
    wrong = compare_exports(names, exported(library[0])) if library else []
    print("\n".join(wrong), end="\n" if wrong else "")
    if keep and not broken:
        KEPT.write_text("".join(f"{what} | {how}\n" for what, how in now.items()))
        new = []
    for what in new:
        print(f"{what} is new; if it is to stay, say tests/c/abi.py . --keep")
    if broken or new or wrong:
        sys.exit(1)
    print(f"{len(names)} functions, {len(now)} promises" + (", exported" if library else ""))


if __name__ == "__main__":
    main()
