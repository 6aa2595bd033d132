#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""That scripts/check counts what ran, and misses no failure."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from tap import Tap  # noqa: E402

TALLY = Path(__file__).resolve().parents[2] / "scripts" / "check-lib" / "tally.py"

# What it is, the output of a test, its exit status, the counts to be.
TAP_CASES = [
    ("two pass", "ok 1 - a\nok 2 - b\n1..2\n", 0, "2 0 0"),
    ("plan first", "1..1\nok 1 - a\n", 0, "1 0 0"),
    ("one fails", "ok 1 - a\nnot ok 2 - b\n1..2\n", 1, "1 1 0"),
    ("one is skipped", "ok 1 - a\nok 2 - b # SKIP no device\n1..2\n", 0, "1 0 1"),
    ("a failed status", "ok 1 - a\n1..1\n", 1, "1 1 0"),
    ("no plan", "ok 1 - a\n", 0, "1 1 0"),
    ("too few verdicts", "1..3\nok 1 - a\n", 0, "1 1 0"),
    ("too many verdicts", "1..1\nok 1 - a\nok 2 - b\n", 0, "2 1 0"),
    ("a plan alone", "1..2\n", 0, "0 1 0"),
    ("no output", "", 0, "0 1 0"),
    ("other output", "hello\nokay\n", 0, "0 1 0"),
    ("it died", "ok 1 - a\nSegmentation fault\n", 139, "1 1 0"),
    ("an indented word", "    ok 1 - a\n1..0\n", 0, "0 1 0"),
    ("all is skipped", "1..0 # SKIP no kernel\n", 0, "0 0 1"),
    ("a bail-out", "ok 1 - a\nBail out! no\n", 1, "1 1 0"),
]

JUNIT = """<?xml version="1.0"?>
<testsuite>
 <testcase name="plain" status="run"><system-out>hello</system-out></testcase>
 <testcase name="bad" status="fail"><failure/><system-out>x</system-out></testcase>
 <testcase name="tap" status="run"><system-out>1..3
ok 1 - a
ok 2 - b # SKIP not here
ok 3 - c
</system-out></testcase>
 <testcase name="leak" status="fail"><system-out>1..1
ok 1 - a
LeakSanitizer: 1 byte
</system-out></testcase>
 <testcase name="skip" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
  <system-out>no such thing here</system-out></testcase>
 <testcase name="missing" status="notrun"><skipped message="Unable to find"/>
 </testcase>
</testsuite>
"""


def tally(*arguments):
    out = subprocess.run(
        [sys.executable, TALLY, *map(str, arguments)], capture_output=True, text=True
    )
    return out.stdout.strip(), out.stderr


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as d:
        path = Path(d, "test.log")
        for name, text, status, counts in TAP_CASES:
            path.write_text(text)
            tap.same(tally("tap", path, status)[0], counts, name)
        path = Path(d, "test.xml")
        path.write_text(JUNIT)
        counts, words = tally("junit", path)
        tap.same(counts, "4 3 2", "a report of ctest")
        for word in ("failed: bad", "failed: leak", "failed: missing",
                     "skipped: skip: no such thing here",
                     "skipped: tap: b: not here"):
            tap.ok(word in words, f"it says {word}", words)
    tap.done()


main()
