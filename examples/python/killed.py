#!/usr/bin/env python3
"""A thousand walkers in a world, written column by column from Python, and killed again and again.

    killed.py LIBRARY DIRECTORY [--kills 4] [--seed N]

A child moves all walkers with every tick, waits until the tick is durable, and says so; it dies by SIGKILL
in the middle of it. What is there afterwards must be one whole tick: the last one it spoke of, or a later.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
from array import array

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perdure  # noqa: E402

WALKERS = 1000


def open_world(library, directory):
    schema = library.schema()
    schema.table("walkers", [("id", perdure.U64, perdure.KEY), ("x", perdure.F64, 0), ("tick", perdure.U64, 0),
                             ("name", perdure.TEXT, 0)])
    return library.open(directory, schema)


def live(library, directory):
    with open_world(library, directory) as world:
        ids = array("Q", range(1, WALKERS + 1))
        names = [f"walker {number}" for number in ids]
        while True:
            tick = world.next_tick
            world.tick.put("walkers", {"id": ids, "x": array("d", [0.5 * tick] * WALKERS),
                                       "tick": array("Q", [tick] * WALKERS), "name": names})
            world.commit(wait=True)
            print(tick, flush=True)


def read_tick(library, directory):
    """The one tick that all walkers are of; 0 if there are none."""
    ids, ticks, places, names = [], set(), set(), []
    with open_world(library, directory) as world, world.snapshot() as snapshot:
        for page in snapshot.scan("walkers", page_rows=300):
            ids += page["id"]
            ticks |= set(page["tick"])
            places |= set(page["x"])
            names += page["name"]
    if not ids:
        return 0
    if len(ticks) != 1:
        sys.exit(f"walkers of several ticks came back: {sorted(ticks)}")
    tick = ticks.pop()
    if ids != list(range(1, WALKERS + 1)) or places != {0.5 * tick} or \
            names != [f"walker {number}" for number in ids]:
        sys.exit(f"tick {tick} came back with other walkers than it had")
    return tick


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("library")
    options.add_argument("directory")
    options.add_argument("--kills", type=int, default=4)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options.add_argument("--live", action="store_true", help="be the child")
    given = options.parse_args()
    library = perdure.Library(given.library)
    if given.live:
        live(library, given.directory)
    print(f"seed {given.seed}, perdure {library.version}", flush=True)
    chance = random.Random(given.seed)
    shutil.rmtree(given.directory, ignore_errors=True)
    tick = 0
    for kill in range(1, given.kills + 1):
        lines_left = chance.randrange(1, 30)
        child = subprocess.Popen([sys.executable, "-B", __file__, given.library, given.directory, "--live"],
                                 stdout=subprocess.PIPE, text=True)
        for line in child.stdout:  # the end of the pipe says what it had still written
            tick = int(line)
            lines_left -= 1
            if lines_left == 0:
                child.send_signal(signal.SIGKILL)
        if child.wait() != -signal.SIGKILL:
            sys.exit(f"life {kill} ended with {child.returncode} before it was killed")
        back = read_tick(library, given.directory)
        if back not in (tick, tick + 1):
            sys.exit(f"after {kill} kills tick {back} came back; {tick} was durable")
        tick = back
    print(f"{given.kills} kills, tick {tick}, nothing lost")


if __name__ == "__main__":
    main()
