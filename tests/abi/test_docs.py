#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every exported function is documented: purpose, parameters, result."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import headers  # noqa: E402
from tap import Tap  # noqa: E402

GOOD = """
/**
 * vdev_x() - do it
 * @a: one
 * @b: two,
 *	on two lines
 *
 * Return: 0.
 */
VDEV_EXPORT int vdev_x(struct vdev_ctx *a, char b[4]);
"""

# What is changed in GOOD, and a word of the complaint that has to follow.
BAD = [
    ("/**", "/*", "no comment"),
    ("vdev_x() - do it", "vdev_y() - do it", "start with"),
    (" * @a: one\n", "", "parameter a"),
    (" * @a: one\n", " * @a: one\n * @c: three\n", "no parameter c"),
    (" * Return: 0.\n", "", "no Return"),
    ("VDEV_EXPORT int", "VDEV_EXPORT void", "returns nothing"),
]


def faults_of(text):
    found = headers.functions(text, "test.h")
    assert len(found) == 1, text
    return headers.doc_faults(found[0])


def main():
    tap = Tap()
    tap.same(faults_of(GOOD), [], "a good comment passes")
    for old, new, word in BAD:
        faults = faults_of(GOOD.replace(old, new))
        tap.ok(
            len(faults) == 1 and word in faults[0],
            f"a bad comment is found: {word}",
            faults,
        )
    found = headers.all_functions()
    tap.ok(len(found) > 100, "functions are found", len(found))
    for header in headers.all_headers():
        faults = [
            f"{f.name}: {fault}"
            for f in found
            if f.header == header.name
            for fault in headers.doc_faults(f)
        ]
        tap.ok(not faults, f"{header.name} is documented", "\n".join(faults))
    tap.done()


main()
