#!/usr/bin/env python3
"""coverage.py BUILD_DIR FLOOR [--lines] [FOLDER…]: how many branches the tests took, a table per layer and file.

A branch is a side of a decision. What is none, and is left out: what a call does if it throws, and its
other side (the library throws nothing); the conditions of PERDURE_ASSERT, over all lines of it (their
other side ends the program).

A side that no test can take says so at the end of its line, with a reason:

    if (left != 0) return again();  // untaken: the caller has looked

Such a side is left out, and counted in a column of its own. An exception without a reason is refused,
and so is one on a line whose sides were all taken, or that has none. In a condition of several lines gcov
counts a comparison at the line of its operator, anything else at the first line; a macro's sides are
counted at the line of its name.

--lines prints each line with a side that was not taken. Exits 1 if a layer has less than FLOOR percent,
or an exception is refused.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

FOLDERS = ["src/journal", "src/engine", "src/store"]
ASSERTION = re.compile(r"\bPERDURE_ASSERT\s*\(")
UNTAKEN = re.compile(r"//\s*untaken\b:?\s*(.*)$")
# What must not be mistaken for code: comments, strings, characters (not the ' inside 1'000).
NO_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
                     re.DOTALL)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def assertion_lines(text):
    """The numbers of the lines that a PERDURE_ASSERT( … ) covers."""
    code, found = NO_CODE.sub(blank, text), set()
    for match in ASSERTION.finditer(code):
        end, depth = match.end(), 1
        while depth and end < len(code):
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        found.update(range(code.count("\n", 0, match.start()) + 1, code.count("\n", 0, end) + 2))
    return found


def exceptions(text):
    """Line number to the reason, empty if there is none, of each `// untaken: …`."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := UNTAKEN.search(line):
            found[number] = match.group(1).strip()
    return found


def decisions(branches):
    """How often each side of a line's decisions was taken. gcov lists the two sides of a call that may
    throw beside each other, and both are left out."""
    taken, index = [], 0
    while index < len(branches):
        if any(branch["throw"] for branch in branches[index:index + 2]):
            index += 2
            continue
        taken.append(branches[index]["count"])
        index += 1
    return taken


class Figures:
    """Lines and branches: how many there are, how many were reached, how many are excepted."""

    def __init__(self):
        self.lines, self.lines_reached, self.branches, self.taken = 0, 0, 0, 0
        self.excepted = 0  # lines with an exception

    def add(self, other):
        for field, value in vars(other).items():
            setattr(self, field, getattr(self, field) + value)

    @property
    def missing(self):
        return self.branches - self.taken

    @property
    def percent(self):
        return 100.0 * self.taken / self.branches if self.branches else 100.0

    def row(self, name):
        lines = 100.0 * self.lines_reached / self.lines if self.lines else 100.0
        return (f"{name:<40} {self.branches:>9} {self.missing:>9} {self.percent:>8.1f} % "
                f"{lines:>8.1f} % {self.excepted:>9}")


HEAD = f"{'':<40} {'branches':>9} {'not taken':>9} {'taken':>10} {'lines':>10} {'untaken:':>9}"


def judge(file, text):
    """The figures of a file, the lines that miss a side, and what is wrong with its exceptions."""
    figures, missing, wrong = Figures(), [], []
    asserted, excepted = assertion_lines(text), exceptions(text)
    figures.excepted = len(excepted)
    untouched = set(excepted)
    for line in file["lines"]:
        number, name = line["line_number"], f"{file['file']}:{line['line_number']}"
        if line["gcovr/noncode"]:
            continue
        figures.lines += 1
        figures.lines_reached += line["count"] > 0
        sides = [] if number in asserted else decisions(line["branches"])
        taken = sum(count > 0 for count in sides)
        if number in excepted and taken < len(sides):
            untouched.discard(number)
            sides = sides[:taken]
        figures.branches += len(sides)
        figures.taken += taken
        if taken < len(sides):
            missing.append(f"{name}: {len(sides) - taken} of {len(sides)} not taken: "
                           f"{text.splitlines()[number - 1].strip()}")
    for number, reason in sorted(excepted.items()):
        if not reason:
            wrong.append(f"{file['file']}:{number}: an exception without a reason; say // untaken: why")
        elif number in untouched:
            wrong.append(f"{file['file']}:{number}: no side of this line is untaken; remove the exception, "
                         "or move it to where --lines shows the side")
    return figures, missing, wrong


def measure(build, folders):
    """What gcovr says of each file, branch by branch."""
    words = ["gcovr", "--root", ".", "--object-directory", build, build, "--json",
             "--exclude-unreachable-branches"]
    for folder in folders:
        words += ["--filter", folder + "/"]
    answer = subprocess.run(words, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)["files"]


def main():
    words = [word for word in sys.argv[1:] if word != "--lines"]
    build, floor, folders = words[0], float(words[1]), [word.rstrip("/") for word in words[2:]] or FOLDERS
    by_layer, by_file, wrong = defaultdict(Figures), {}, []
    for file in sorted(measure(build, folders), key=lambda file: file["file"]):
        figures, missing, refused = judge(file, Path(file["file"]).read_text(encoding="utf-8"))
        by_file[file["file"]] = figures
        by_layer[next(name for name in folders if file["file"].startswith(name + "/"))].add(figures)
        wrong += refused
        if "--lines" in sys.argv and missing:
            print("\n".join(missing))
    print(HEAD)
    for name, figures in sorted(by_file.items(), key=lambda item: -item[1].missing):
        if figures.missing or figures.excepted:
            print(figures.row(name))
    print(HEAD)
    for name in folders:
        print(by_layer[name].row(name))
    print("\n".join(wrong), end="\n" if wrong else "")
    below = [name for name in folders if by_layer[name].percent < floor or not by_layer[name].lines]
    for name in below:
        print(f"{name}: below the floor of {floor} % of branches; write the test that is missing")
    print(f"{len(folders) - len(below)} passed, {len(below)} failed")
    return 1 if below or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
