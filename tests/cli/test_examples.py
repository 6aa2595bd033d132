#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiles the examples of libvdev.3 and runs them with nothing to find; that of
examples/README.md is one of them.

    test_examples.py COMPILER FLAGS LIBRARY SOURCE
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile

COMPILER, FLAGS, LIBRARY, SOURCE = sys.argv[1:]
sys.path.insert(0, os.path.join(SOURCE, "tests"))
from tap import Tap  # noqa: E402

TAP = Tap()
check = TAP.ok


def examples():
    path = os.path.join(SOURCE, "man", "libvdev.3")
    with open(path, encoding="utf-8") as f:
        page = f.read()
    for text in re.findall(r"^\.EX\n(.*?)^\.EE$", page, re.M | re.S):
        yield text.replace("\\en", "\\n").replace("\\-", "-")


def compile_and_run(number, text, work):
    source = os.path.join(work, f"example{number}.c")
    program = os.path.join(work, f"example{number}")
    with open(source, "w", encoding="utf-8") as f:
        f.write(text)
    command = [COMPILER, *shlex.split(FLAGS), "-Wall", "-Wextra", "-Werror",
               "-I", os.path.join(SOURCE, "include"), source, LIBRARY,
               "-Wl,-rpath," + os.path.dirname(LIBRARY), "-o", program]
    done = subprocess.run(command, capture_output=True, text=True)
    print("".join(f"# {line}\n" for line in done.stderr.splitlines()), end="")
    check(done.returncode == 0, f"example {number} of libvdev.3 compiles")
    if done.returncode:
        return
    # The device is none, so that nothing here is touched.
    done = subprocess.run([program, "ffff:ff:1f.7"], capture_output=True)
    check(done.returncode in (0, 3), f"example {number} of libvdev.3 runs")


def guide():
    path = os.path.join(SOURCE, "examples", "README.md")
    with open(path, encoding="utf-8") as f:
        return re.findall(r"^```c\n(.*?)^```", f.read(), re.M | re.S)


with tempfile.TemporaryDirectory() as directory:
    count = 0
    for count, example in enumerate(examples(), 1):
        compile_and_run(count, example, directory)
    check(count > 0, "there are examples")
    check(len(guide()) == 1 and guide()[0] in list(examples()),
          "the guide of examples/README.md is one of them")
TAP.done()
