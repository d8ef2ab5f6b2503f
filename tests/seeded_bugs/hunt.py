#!/usr/bin/env python3
"""Chooses one seeded bug after the other and shows that the tests notice it: `make seeded-bugs`.

    hunt.py BUILD [--jobs N] [--share N [--turn N]] [--bug NAME]… [--afresh] [--markdown]

BUILD was configured with PERDURE_SEEDED_BUGS. Without a bug everything must pass. With one, the test
that bugs.py names must fail, and where bugs.py says so the simulator, too, from five starting seeds.
A failure counts only if the program came by the bug. If that test passes, all suites run in rising
order of cost, its layer's first and the simulator last, until one fails; it is then said which, and
is a hole in bugs.py at least. Prints a line for each bug, ends with `N of N caught`, exits 1 if fewer.

--share 4 takes every fourth bug, another quarter each day; --turn says which.
--bug takes only this one; repeat it for more.
--afresh looks for the first test that fails, whatever bugs.py names: for a new bug.
--markdown prints the table as docs/testing.md has it.
"""

import argparse
import concurrent.futures
import datetime
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from bugs import BUGS, SIMULATED  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SUITES = ["base", "io", "model", "journal", "store", "engine", "entities", "world", "plugin", "jobs"]
SIMULATOR = "simulator"
# Bugs are named after their layer, but for these.
LAYER_OF = {"sqlite": "store"}
# Exhaustive tests try every so manyth case: they find what there is to find long before the last.
TEST_SHARE = 10
# A bug can make a program wait for ever. No suite needs a third of this.
SECONDS_MAX = 300
STARTS = [1, 1_000_001, 2_000_001, 3_000_001, 4_000_001]
WORKLOADS_MAX = 40  # of each start
WORKLOADS_WITHOUT_BUG = 20
HEADER = f"{'bug':<56} {'caught by':<98} workloads seconds"
MARKDOWN_HEADER = """| seeded bug | promise that it breaks | caught by | workloads |
| --- | --- | --- | --- |"""
REACHED = "perdure: seeded bug: "


class Run(NamedTuple):
    failed: bool
    reached: bool
    output: str
    hangs: bool = False

    @property
    def caught(self):
        return self.failed and self.reached


class Hunt(NamedTuple):
    by: str  # the test that failed; empty: none did
    named: bool  # it is the one of bugs.py
    workloads: list  # that the simulator needed, for each start
    found: bool  # by the simulator, from each start, or it was not asked
    seconds: float

    @property
    def caught(self):
        return self.named and self.found


def run(build, words, bug):
    environment = {**os.environ, "PERDURE_SEEDED_BUG": bug, "PERDURE_SEED": "1",
                   "PERDURE_SHARE": str(TEST_SHARE)}
    command = [str(build / "bin" / words[0]), *words[1:]]
    try:
        done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace")
        return Run(True, REACHED in output, output, True)
    output = done.stdout.decode(errors="replace")
    return Run(done.returncode != 0, REACHED in output, output)


def run_suite(build, suite, bug, *arguments):
    return run(build, [f"perdure_{suite}_test", *arguments], bug)


def failed_test(outcome):
    """The first test that failed, or that the program died or stayed in."""
    if match := re.search(r"^\[  FAILED  \] ([^\s,]+)", outcome.output, re.MULTILINE):
        return match[1]
    begun = re.findall(r"^\[ RUN      \] (\S+)", outcome.output, re.MULTILINE)
    return f"{begun[-1] if begun else '?'} ({'does not end' if outcome.hangs else 'dies'})"


def find_afresh(build, bug):
    """The cheapest suite and its first test that fails; empty if nothing does."""
    layer = bug.name.split(":")[0]
    first = LAYER_OF.get(layer, layer)
    for suite in [first, *(other for other in SUITES if other != first)]:
        outcome = run_suite(build, suite, bug.name, "--gtest_fail_fast")
        if outcome.caught:
            return f"{suite}: {failed_test(outcome)}"
    workloads, found = simulate(build, bug)
    return f"{SIMULATOR}: {workloads[0]} workloads" if found else ""


def simulate(build, bug):
    """How many workloads it took from each start, and whether each found it."""
    workloads = []
    for start in STARTS:
        outcome = run(build, ["perdure_simulate", "--first-seed", str(start),
                              "--runs", str(WORKLOADS_MAX)], bug.name)
        if not outcome.caught:
            return workloads, False
        seeds = re.findall(r"seed (\d+)", outcome.output)
        workloads.append(int(seeds[-1]) - start + 1 if seeds else WORKLOADS_MAX)
    return workloads, True


def hunt(build, bug, afresh):
    began = time.monotonic()
    by, named = "", False
    if not afresh:
        suite, test = bug.test.split(": ", 1)
        with_parameters = f"{test}:{test}/*"
        named = run_suite(build, suite, bug.name, f"--gtest_filter={with_parameters}").caught
        by = bug.test if named else ""
    if not named:
        by = find_afresh(build, bug)
        named = afresh and by != ""
    workloads, found = simulate(build, bug) if bug.name in SIMULATED else ([], True)
    return Hunt(by, named, workloads, found, time.monotonic() - began)


def absent(build, bugs):
    """Bugs that this build does not have: hunting them would only show that the tests pass."""
    library = (build / "libperdure.a").read_bytes()
    return [bug.name for bug in bugs if bug.name.encode() not in library]


def failing_without_bug(build, executor):
    """What fails when no bug is chosen: then no failure would mean anything."""
    runs = {name: executor.submit(run_suite, build, name, "") for name in reversed(SUITES)}
    runs[SIMULATOR] = executor.submit(
        run, build, ["perdure_simulate", "--runs", str(WORKLOADS_WITHOUT_BUG)], "")
    return {name: one.result().output for name, one in runs.items()
            if one.result().failed or one.result().reached}


def chosen(arguments):
    if arguments.bug:
        unknown = set(arguments.bug) - {bug.name for bug in BUGS}
        if unknown:
            sys.exit(f"no seeded bug is called {sorted(unknown)}; tests/seeded_bugs/bugs.py has them")
        return [bug for bug in BUGS if bug.name in arguments.bug]
    turn = arguments.turn
    if turn is None:
        turn = datetime.date.today().toordinal()
    turn %= arguments.share
    if arguments.share > 1:
        print(f"share {turn} of {arguments.share}; again: SHARE={arguments.share} TURN={turn}")
    return BUGS[turn::arguments.share]


def show(bug, result, markdown):
    by = result.by or "NOT CAUGHT"
    if result.by and not result.named:
        by = f"NOT BY {bug.test} but by {by}"
    workloads = ""
    if result.workloads:
        workloads = f"{sum(result.workloads) / len(result.workloads):.1f}"
    if not result.found:
        workloads = f"NOT FOUND from seed {STARTS[len(result.workloads)]}"
    if markdown:
        return f"| {bug.name} | {bug.breaks} | `{by}` | {workloads} |"
    return f"{bug.name:<56} {by:<98} {workloads:>9} {result.seconds:7.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--share", type=int, default=1)
    parser.add_argument("--turn", type=int)
    parser.add_argument("--bug", action="append")
    parser.add_argument("--afresh", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    bugs = chosen(arguments)
    if missing := absent(build, bugs):
        sys.exit(f"{build} does not have {missing}; configure it with the preset bugs")

    began = time.monotonic()
    caught = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as executor:
        if not arguments.bug:
            for name, output in failing_without_bug(build, executor).items():
                sys.exit(f"{output}\n{name} fails though no bug was chosen")
            print(f"without a bug all pass, {time.monotonic() - began:.0f} s", flush=True)
        print(HEADER if not arguments.markdown else MARKDOWN_HEADER)
        results = executor.map(lambda bug: hunt(build, bug, arguments.afresh), bugs)
        for bug, result in zip(bugs, results):
            print(show(bug, result, arguments.markdown), flush=True)
            caught += result.caught
    print(f"{time.monotonic() - began:.0f} s")
    print(f"{caught} of {len(bugs)} caught")
    return 0 if caught == len(bugs) else 1


if __name__ == "__main__":
    sys.exit(main())
