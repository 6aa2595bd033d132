#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts test cases for scripts/check.

    tally.py junit FILE            a report of ctest
    tally.py tap FILE STATUS       a test's output and its exit status

Prints "PASSED FAILED SKIPPED", and on stderr the names of what failed and of
what was skipped, with the reason. A test that prints TAP counts line by line,
any other as one case.
"""

import re
import sys
import xml.etree.ElementTree as ET

LINE = re.compile(r"^(?P<word>ok|not ok)\b(?P<rest>.*)$")
SKIP = re.compile(r"#\s*skip\S*\s*(?P<reason>.*)", re.I)
PLAN = re.compile(r"^1\.\.(?P<count>\d+)(?P<rest>.*)")


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def good(self):
        self.passed += 1

    def bad(self, name, why=""):
        self.failed += 1
        print(f"failed: {name}{': ' if why else ''}{why}", file=sys.stderr)

    def skip(self, name, reason):
        self.skipped += 1
        print(f"skipped: {name}: {reason or 'no reason given'}", file=sys.stderr)


def count_tap(tally, name, text, status):
    """One test's output; False if it is not TAP."""
    lines = [m for m in map(LINE.match, text.splitlines()) if m]
    plans = [m for m in map(PLAN.match, text.splitlines()) if m]
    if not lines and not plans:
        return False
    failed = tally.failed
    for m in lines:
        case = re.sub(r"^\s*\d*\s*(- )?", "", m["rest"])
        skip = SKIP.search(case)
        if m["word"] == "not ok":
            tally.bad(f"{name}: {case}")
        elif skip:
            tally.skip(f"{name}: {case[:skip.start()].strip()}", skip["reason"])
        else:
            tally.good()
    if not plans:
        tally.bad(name, "it ended without a plan")
    elif not lines and not status and SKIP.search(plans[-1]["rest"]):
        tally.skip(name, SKIP.search(plans[-1]["rest"])["reason"])
    elif not lines:
        tally.bad(name, "no test ran")
    elif int(plans[-1]["count"]) != len(lines):
        tally.bad(name, f"{len(lines)} verdicts, {plans[-1]['count']} planned")
    elif status and tally.failed == failed:
        tally.bad(name, f"it ended with status {status}")
    return True


def count_junit(tally, path):
    for case in ET.parse(path).getroot().iter("testcase"):
        name, status = case.get("name"), case.get("status")
        text = case.findtext("system-out") or ""
        if status == "disabled":
            tally.skip(name, "disabled")
        elif status == "notrun":
            skipped = case.find("skipped")
            reason = skipped.get("message", "") if skipped is not None else ""
            if "SKIP_RETURN_CODE" in reason:
                tally.skip(name, (text.strip().splitlines() or [""])[-1])
            else:
                tally.bad(name, f"it did not run: {reason}")
        elif not count_tap(tally, name, text, 0 if status == "run" else 1):
            tally.good() if status == "run" else tally.bad(name)


def main():
    tally = Tally()
    if sys.argv[1] == "junit":
        count_junit(tally, sys.argv[2])
    else:
        path, status = sys.argv[2], int(sys.argv[3])
        with open(path, errors="replace") as f:
            text = f.read()
        name = re.sub(r".*/|\.log$", "", path)
        if not count_tap(tally, name, text, status):
            tally.bad(name, f"no test ran, it ended with status {status}")
    print(tally.passed, tally.failed, tally.skipped)


main()
