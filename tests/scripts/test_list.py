#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""That scripts/check asks the lab for kernels and profiles that there are."""

import re
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from tap import Tap  # noqa: E402

REPO = Path(__file__).resolve().parents[2]


def output(*command):
    return subprocess.run(command, cwd=REPO, check=True, capture_output=True,
                          text=True).stdout


TAP = Tap()
PROFILES = set(re.findall(r"^profile (\S+)",
                          (REPO / "tests/lab/profiles").read_text(), re.M))
KERNELS = re.search(r"--kernel NAME +(.*)", output("scripts/lab", "--help"))
KERNELS = set(re.findall(r"[\w.-]+", KERNELS[1]))
KERNELS |= {f"{kernel}-debug" for kernel in KERNELS}

names = [line.split()[0] for line in
         output("scripts/check", "--full", "--list").splitlines()]
TAP.same(len(set(names)), len(names), "no name is there twice")
lab = [name.split("/")[1:] for name in names if name.startswith("lab/")]
TAP.ok(len(lab) > 50, "the tests of the lab are listed")
TAP.same([name for name in lab if name[-1] not in KERNELS], [],
         "their kernels are known")
TAP.same([name for name in lab if len(name) == 3 and name[1] not in PROFILES],
         [], "their profiles are known")
scripts = {path.stem for path in (REPO / "tests/lab").glob("test-*.sh")}
TAP.same(scripts - {name[0] for name in lab}, set(), "no script is left out")
sys.exit(TAP.done())
