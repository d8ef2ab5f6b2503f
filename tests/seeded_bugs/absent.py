#!/usr/bin/env python3
"""absent.py LIBRARY: no seeded bug is in it, nor the way to choose one. Exits 1 if one is."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from bugs import BUGS  # noqa: E402

ALWAYS_THERE = b"this must hold"  # of PERDURE_ASSERT: else this would be read in the wrong file


def main():
    path = Path(sys.argv[1])
    library = path.read_bytes()
    if ALWAYS_THERE not in library:
        sys.exit(f"{path}: no library of ours")
    wanted = [*(bug.name for bug in BUGS), "PERDURE_SEEDED_BUG", "seeded bug:"]
    found = [name for name in wanted if name.encode() in library]
    for name in found:
        print(f"{path} has the seeded bug '{name}' in it; it must not, see src/base/seeded_bug.h")
    print(f"{len(wanted) - len(found)} of {len(wanted)} are not in {path.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
