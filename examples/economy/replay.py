#!/usr/bin/env python3
"""replay.py PROGRAM SCRATCH: the same seed gives the same economy, however often it was killed.

Through in one run, through in another place, and killed in the middle of two ticks and gone on: all three end with
the same digest of the simulation, the first two with the same state digest as well. Another seed ends elsewhere.
"""

import os
import shutil
import signal
import subprocess
import sys

program, scratch = sys.argv[1:]
TICKS = ["--ticks", "80"]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)


def run(place, *more):
    words = [program, f"{scratch}/{place}", *TICKS, *more]
    return subprocess.run(words, capture_output=True, text=True)


def outcome(place, *more):
    done = run(place, *more)
    if done.returncode != 0:
        sys.exit(f"{place}: ended with {done.returncode}: {done.stderr}")
    return done.stdout.splitlines()


def killed(place, tick):
    done = run(place, "--kill-at", str(tick))
    if done.returncode != -signal.SIGKILL:
        sys.exit(f"{place}: was to be killed in tick {tick}, and ended with {done.returncode}: {done.stderr}")


through = outcome("through")
if outcome("again") != through:
    sys.exit(f"another run of the same seed ended elsewhere than {through}")
if outcome("again") != through:
    sys.exit("opening a finished run changed it")
killed("killed", 23)
killed("killed", 61)
if outcome("killed")[:2] != through[:2]:
    sys.exit(f"killed twice, the run ended elsewhere than {through}")
if outcome("elsewhere", "--seed", "2")[1] == through[1]:
    sys.exit("another seed came to the same end: the digest sees nothing")
print("\n".join(through))
