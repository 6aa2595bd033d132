#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers, version script and library agree on what is exported."""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import headers  # noqa: E402
from tap import Tap  # noqa: E402


def script_nodes():
    """The version script's nodes: name -> symbols, and the local patterns."""
    text = (headers.SOURCE / "lib" / "libvdev.sym").read_text()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    nodes, hidden = {}, []
    for m in re.finditer(r"(\w+)\s*\{(.*?)\}\s*(\w*)\s*;", text, re.S):
        symbols, section = set(), "global"
        for word in re.findall(r"global:|local:|[\w*]+", m[2]):
            if word.endswith(":"):
                section = word[:-1]
            elif section == "global":
                symbols.add(word)
            else:
                hidden.append(word)
        nodes[m[1]] = symbols
    return nodes, hidden


def library_symbols(library):
    """Defined dynamic symbols: name -> version."""
    out = subprocess.run(
        ["nm", "-D", "--defined-only", "--with-symbol-versions", library],
        check=True, capture_output=True, text=True,
    ).stdout
    symbols = {}
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        name, _, version = name.partition("@@")
        if kind != "A":
            symbols[name] = version
    return symbols


def main():
    tap = Tap()
    library = os.environ["VDEV_LIBRARY"]
    declared = {f.name for f in headers.all_functions()}
    nodes, hidden = script_nodes()
    listed = set().union(*nodes.values())
    exported = library_symbols(library)

    tap.same(listed, declared, "the version script lists what the headers declare")
    tap.same(set(exported), declared, "the library exports what the headers declare")
    tap.same(hidden, ["*"], "everything else is local")
    tap.same(
        sum(map(len, nodes.values())), len(listed), "every symbol is in one node"
    )
    wrong = [
        f"{name} has version {version or '(none)'}"
        for name, version in sorted(exported.items())
        if name not in nodes.get(version, ())
    ]
    tap.ok(not wrong, "every symbol has its node's version", "\n".join(wrong))
    foreign = [name for name in exported if not name.startswith("vdev_")]
    tap.ok(not foreign, "every symbol starts with vdev_", "\n".join(foreign))

    dynamic = subprocess.run(
        ["readelf", "-d", library], check=True, capture_output=True, text=True
    ).stdout
    soname = re.search(r"SONAME.*\[(.*)\]", dynamic)
    tap.same(soname and soname[1], "libvdev.so.0", "the soname")
    tap.ok("TEXTREL" not in dynamic, "the code is position-independent")
    tap.done()


main()
