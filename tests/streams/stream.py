#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams of a device's state, written and spoilt by what vdev-migration(5) says.

Shares nothing with the library, so that both can be tested against each other.

Usage: stream.py golden DIRECTORY       the streams that are kept for all times
       stream.py check FILE             one line for each section; fails if bad
       stream.py data FILE              the device's data, to standard output
       stream.py spoil FILE SEED        the file with something wrong in it
"""

import random
import struct
import sys
from pathlib import Path

MAGIC = b"\x89VDM\r\n\x1a\n"
FACTS, DATA, STOPPED, END, OPTIONAL = 1, 2, 3, 4, 1 << 31
NAMES = {FACTS: "facts", DATA: "data", STOPPED: "stopped", END: "end"}


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Writer:
    def __init__(self, major=1, minor=0):
        head = MAGIC + struct.pack("<HH", major, minor)
        self.stream = head + struct.pack("<I", crc32c(head))
        self.data = b""
        self.sections = 0

    def section(self, kind, payload=b""):
        head = struct.pack(
            "<IIQI", kind, len(payload), len(self.stream), crc32c(payload)
        )
        self.stream += head + struct.pack("<I", crc32c(head)) + payload
        if kind == DATA:
            self.data += payload
            self.sections += 1
        return self

    def end(self):
        return self.section(
            END,
            struct.pack(
                "<QQII", len(self.data), self.sections, crc32c(self.data), 0
            ),
        )


def sections(stream):
    """Yields (kind, offset, payload) of a good stream."""
    if stream[:8] != MAGIC or crc32c(stream[:12]) != struct.unpack(
        "<I", stream[12:16]
    )[0]:
        raise SystemExit("bad preamble")
    at = 16
    while at < len(stream):
        head = stream[at : at + 24]
        kind, length, offset, crc, head_crc = struct.unpack("<IIQII", head)
        payload = stream[at + 24 : at + 24 + length]
        if offset != at or crc32c(head[:20]) != head_crc:
            raise SystemExit(f"bad head at {at}")
        if len(payload) != length or crc32c(payload) != crc:
            raise SystemExit(f"bad payload at {at}")
        yield kind, at, payload
        at += 24 + length


FACT_LINES = (
    b"kind=pci\nvendor=0x4348\ndevice=0x3253\nsubsystem-vendor=0x4348\n"
    b"subsystem-device=0x3253\nclass=0x07000210\nregion.0=8\nregion.1=8\n"
    b"region.7=255\ndriver=mtty\nmdev-type=mtty-2\n"
    b"-address=83b8f4f2-509f-382f-3c1e-e6bfe0fa3001\n-libvdev=0.1.0\n"
)


def golden(directory):
    """name -> bytes; these never change, others may join them."""
    good = Writer().section(FACTS, FACT_LINES)
    good.section(DATA, b"first copy").section(STOPPED).section(DATA, b"rest")
    bare = Writer().section(FACTS, b"kind=other\n").section(STOPPED).end()
    newer = Writer(1, 3).section(FACTS, FACT_LINES)
    newer.section(77 | OPTIONAL, b"of a later version").section(STOPPED)
    needed = Writer(1, 3).section(FACTS, FACT_LINES).section(77, b"needed")
    streams = {
        "good": good.end().stream,
        "bare": bare.stream,
        "minor": newer.section(DATA, b"rest").end().stream,
        "major": Writer(2).section(FACTS, FACT_LINES).stream,
        "needed": needed.section(STOPPED).end().stream,
        "running": Writer().section(FACTS, FACT_LINES).end().stream,
    }
    streams["cut"] = streams["good"][:-1]
    streams["damaged"] = streams["good"].replace(b"rest", b"rust")
    streams["several"] = streams["good"] + streams["bare"]
    streams["trailing"] = streams["good"] + b"something else behind it"
    for name, stream in streams.items():
        (directory / f"{name}.vdm").write_bytes(stream)


def check(path):
    total = 0
    for kind, at, payload in sections(path.read_bytes()):
        print(NAMES.get(kind, kind), at, len(payload))
        total += len(payload) if kind == DATA else 0
        if kind == END and struct.unpack("<Q", payload[:8])[0] != total:
            raise SystemExit("bad end mark")


def data(path):
    for kind, _, payload in sections(path.read_bytes()):
        if kind == DATA:
            sys.stdout.buffer.write(payload)


def spoil(stream, seed):
    """Changes, loses, doubles or swaps bytes; the result always differs."""
    rng = random.Random(seed)
    at = rng.randrange(len(stream))
    length = rng.choice([1, 1, 1, 4, 24, 100])
    part = stream[at : at + length]
    spoilt = {
        0: lambda: bytes(b ^ rng.randrange(1, 256) for b in part),
        1: lambda: b"",
        2: lambda: part + part,
        3: lambda: part + bytes([rng.randrange(256)]),
    }[rng.randrange(4)]()
    result = stream[:at] + spoilt + stream[at + length :]
    # What is behind the end mark is not read.
    return result if not result.startswith(stream) else stream[:at]


def main():
    command, path = sys.argv[1], Path(sys.argv[2])
    if command == "golden":
        golden(path)
    elif command == "check":
        check(path)
    elif command == "data":
        data(path)
    elif command == "spoil":
        sys.stdout.buffer.write(spoil(path.read_bytes(), int(sys.argv[3])))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
