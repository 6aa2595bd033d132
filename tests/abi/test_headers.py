#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every public header compiles alone, as C11 and as C++17."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import headers  # noqa: E402
from tap import Tap  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]
LANGUAGES = [
    ("C11", "CC", "c", ["-std=c11", "-Wstrict-prototypes"]),
    ("C++17", "CXX", "cpp", ["-std=c++17"]),
]


def compile_text(compiler, suffix, flags, text):
    with tempfile.NamedTemporaryFile("w", suffix=f".{suffix}") as source:
        source.write(text)
        source.flush()
        return subprocess.run(
            [compiler, *flags, *WARNINGS, f"-I{headers.INCLUDE.parent}", source.name],
            capture_output=True, text=True,
        )


def main():
    tap = Tap()
    for language, variable, suffix, flags in LANGUAGES:
        compiler = os.environ.get(variable)
        if not compiler:
            tap.skip(f"headers as {language}", "there is no compiler for it")
            continue
        bad = compile_text(compiler, suffix, flags, "struct a { vdev_no x; };\n")
        tap.ok(bad.returncode != 0, f"{language}: an error is found")
        for header in headers.all_headers():
            # Twice, since it has to guard itself.
            line = f"#include <libvdev/{header.name}>\n"
            run = compile_text(
                compiler, suffix, flags, f"{line}{line}extern int nothing;\n"
            )
            tap.ok(run.returncode == 0, f"{header.name} as {language}", run.stderr)
    linux = [h.name for h in headers.all_headers() if "<linux/" in h.read_text()]
    tap.ok(not linux, "no header needs the kernel's", "\n".join(linux))
    tap.done()


main()
