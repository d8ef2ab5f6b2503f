#!/usr/bin/env python3
"""coverage.py BUILD_DIR FLOOR [FOLDER…]: how many branches the tests took, a table per layer and file.

Branches of exceptions are left out (the library throws nothing), and so are those of assertions, whose
other side ends the program. Exits 1 if a layer has less than FLOOR percent.
"""

import json
import subprocess
import sys
from collections import defaultdict

FOLDERS = ["src/journal", "src/engine", "src/store"]


class Figures:
    """Lines and branches: how many there are, how many were reached."""

    def __init__(self):
        self.lines, self.lines_reached, self.branches, self.branches_taken = 0, 0, 0, 0

    def add(self, file):
        self.lines += file["line_total"]
        self.lines_reached += file["line_covered"]
        self.branches += file["branch_total"]
        self.branches_taken += file["branch_covered"]

    @property
    def percent(self):
        return 100.0 * self.branches_taken / self.branches if self.branches else 100.0

    def row(self, name):
        lines = 100.0 * self.lines_reached / self.lines if self.lines else 100.0
        return (f"{name:<40} {self.branches:>9} {self.branches - self.branches_taken:>9} "
                f"{self.percent:>8.1f} % {lines:>8.1f} %")


def measure(build, folders):
    """What gcovr says of each file."""
    words = ["gcovr", "--root", ".", "--object-directory", build, build, "--json-summary",
             "--exclude-throw-branches", "--exclude-unreachable-branches",
             "--exclude-branches-by-pattern", r".*\bPERDURE_ASSERT\b.*"]
    for folder in folders:
        words += ["--filter", folder + "/"]
    answer = subprocess.run(words, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)["files"]


def main():
    build, floor, folders = sys.argv[1], float(sys.argv[2]), sys.argv[3:] or FOLDERS
    by_layer, by_file = defaultdict(Figures), {}
    for file in measure(build, folders):
        by_file[file["filename"]] = Figures()
        by_file[file["filename"]].add(file)
        layer = next(folder for folder in folders if file["filename"].startswith(folder + "/"))
        by_layer[layer].add(file)
    head = f"{'':<40} {'branches':>9} {'not taken':>9} {'taken':>10} {'lines':>10}"
    print(head)
    for name, figures in sorted(by_file.items(),
                                key=lambda item: item[1].branches_taken - item[1].branches):
        if figures.branches > figures.branches_taken:
            print(figures.row(name))
    print(head)
    for name in folders:
        print(by_layer[name].row(name))
    below = [name for name in folders if by_layer[name].percent < floor or not by_layer[name].lines]
    for name in below:
        print(f"{name}: below the floor of {floor} % of branches; write the test that is missing")
    print(f"{len(folders) - len(below)} passed, {len(below)} failed")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
