#!/usr/bin/env python3
"""Cuts the surface out of a Luanti map: make_ground.py MAP.sqlite surface.bin [X Z WIDTH DEPTH]

For every column (x, z) of the area it keeps the highest node that is neither air nor `ignore`: its height
and its name. Needs Python 3 and libzstd (a system library; no Python package). README.md has the format
of the result and where the map came from. Prints what it found, so that an area can be chosen.
"""

import ctypes
import sqlite3
import struct
import sys
from collections import Counter

BLOCK = 16                        # nodes along each edge of a MapBlock
VERSION = 29                      # of the MapBlock format: all but the first byte is one zstd frame
BLOCK_BYTES_MAX = 1 << 20         # decompressed; real ones have some 17 KB
NOTHING = {"air", "ignore"}
DEFAULT_AREA = (0, 0, 440, 440)  # x, z, width, depth

zstd = ctypes.CDLL("libzstd.so.1")
zstd.ZSTD_decompress.restype = ctypes.c_size_t
zstd.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
zstd.ZSTD_isError.argtypes = [ctypes.c_size_t]
scratch = ctypes.create_string_buffer(BLOCK_BYTES_MAX)


def decompress(frame):
    size = zstd.ZSTD_decompress(scratch, len(scratch), frame, len(frame))
    if zstd.ZSTD_isError(size):
        sys.exit("make_ground: a block is no zstd frame")
    return ctypes.string_at(scratch, size)


def block_position(packed):
    """x, y, z of a block: three signed numbers of 12 bits in one."""
    numbers = []
    for _ in range(3):
        number = (packed + 0x800) % 0x1000 - 0x800
        numbers.append(number)
        packed = (packed - number) // 0x1000
    return tuple(numbers)


def block_nodes(data):
    """The names of a block's nodes by their number, and the 4096 numbers; order z, y, x, x fastest."""
    if data[0] != VERSION:
        sys.exit(f"make_ground: a block of format {data[0]}; only {VERSION} is understood")
    data = decompress(data[1:])
    _, _, _, _, count = struct.unpack_from(">BHIBH", data, 0)
    at, names = 10, {}
    for _ in range(count):
        number, length = struct.unpack_from(">HH", data, at)
        names[number] = data[at + 4:at + 4 + length].decode()
        at += 4 + length
    at += 2  # width of content and parameters
    return names, struct.unpack_from(">4096H", data, at)


def surface_of(path, x0, z0, width, depth):
    """(height, name) of every column of the area, in rows of z, x fastest."""
    blocks = {}  # (block x, block z): [(block y, data)], highest first
    for packed, data in sqlite3.connect(f"file:{path}?immutable=1", uri=True).execute(
            "SELECT pos, data FROM blocks"):
        x, y, z = block_position(packed)
        if x0 < (x + 1) * BLOCK and x * BLOCK < x0 + width \
                and z0 < (z + 1) * BLOCK and z * BLOCK < z0 + depth:
            blocks.setdefault((x, z), []).append((y, data))
    surface = {}
    for (bx, bz), stack in blocks.items():
        open_columns = {(x, z) for x in range(BLOCK) for z in range(BLOCK)}
        for by, data in sorted(stack, reverse=True):
            names, nodes = block_nodes(data)
            if not open_columns:
                break
            for x, z in list(open_columns):
                for y in reversed(range(BLOCK)):
                    name = names[nodes[z * 256 + y * 16 + x]]
                    if name not in NOTHING:
                        surface[bx * BLOCK + x, bz * BLOCK + z] = (by * BLOCK + y, name)
                        open_columns.discard((x, z))
                        break
    missing = sum((x, z) not in surface for z in range(z0, z0 + depth) for x in range(x0, x0 + width))
    if missing:
        sys.exit(f"make_ground: {missing} columns of the area are not in the map")
    return [surface[x, z] for z in range(z0, z0 + depth) for x in range(x0, x0 + width)]


def write_surface(path, area, surface):
    names = [name for name, _ in Counter(name for _, name in surface).most_common()]
    number = {name: index for index, name in enumerate(names)}
    with open(path, "wb") as out:
        out.write(b"PDGROUND" + struct.pack("<IHHii", 1, area[2], area[3], area[0], area[1]))
        out.write(struct.pack("<H", len(names)))
        for name in names:
            out.write(struct.pack("<B", len(name)) + name.encode())
        out.write(struct.pack(f"<{len(surface)}h", *(height for height, _ in surface)))
        out.write(bytes(number[name] for _, name in surface))


def main():
    if len(sys.argv) not in (3, 7):
        sys.exit(__doc__)
    area = tuple(map(int, sys.argv[3:])) or DEFAULT_AREA
    surface = surface_of(sys.argv[1], *area)
    write_surface(sys.argv[2], area, surface)
    heights = [height for height, _ in surface]
    print(f"{len(surface)} columns, heights {min(heights)} to {max(heights)}")
    for name, count in Counter(name for _, name in surface).most_common():
        print(f"{count:8} {name}")


if __name__ == "__main__":
    main()
