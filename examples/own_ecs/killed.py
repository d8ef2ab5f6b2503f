#!/usr/bin/env python3
"""Kills example_own_ecs with SIGKILL at random, again and again; what comes back must be what it
was last told is durable, or the tick that was on its way.

    killed.py PROGRAM DIRECTORY [--kills 8] [--seed N]
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("program")
    options.add_argument("directory")
    options.add_argument("--kills", type=int, default=8)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    given = options.parse_args()
    print(f"seed {given.seed}", flush=True)
    chance = random.Random(given.seed)
    shutil.rmtree(given.directory, ignore_errors=True)
    saved, on_its_way = ("0", "0"), None
    for kill in range(given.kills + 1):
        # The line after which it dies; the end of the pipe says what it had still written.
        lines_left = chance.randrange(1, 60)
        program = subprocess.Popen([given.program, given.directory, "100000"],
                                   stdout=subprocess.PIPE, text=True)
        back = None
        for line in program.stdout:
            what, *state = line.split()
            state = tuple(state)
            if what == "back":
                back = state
                if state not in (saved, on_its_way):
                    program.kill()
                    sys.exit(f"after {kill} kills came back {state}; saved was {saved}, on its "
                             f"way {on_its_way}")
                saved, on_its_way = state, None
            elif what == "next":
                on_its_way = state
            elif what == "saved":
                saved, on_its_way = state, None
            lines_left -= 1
            if lines_left == 0:
                program.send_signal(signal.SIGKILL)
        program.wait()
        if back is None or program.returncode != -signal.SIGKILL:
            sys.exit(f"life {kill} ended with {program.returncode} before it was killed")
    if int(saved[0]) < given.kills:
        sys.exit(f"only {saved[0]} ticks were saved")
    print(f"{given.kills} kills, tick {saved[0]}, nothing lost")


main()
