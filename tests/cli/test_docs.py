#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the table of commands with all that is made or written of it.

    test_docs.py VDEVCTL SOURCE

Every command and option of 'vdevctl help --json' has to be in the help, in the
completions and in vdevctl.1, and vdevctl.1 must know no others. Examples have
to parse. Files and versions that the pages name have to be right.
"""

import json
import os
import re
import shlex
import subprocess
import sys

VDEVCTL, SOURCE = sys.argv[1], sys.argv[2]
sys.path.insert(0, os.path.join(SOURCE, "tests"))
from tap import Tap  # noqa: E402

TAP = Tap()
check = TAP.ok


def run(*args, status=0):
    done = subprocess.run([VDEVCTL, *args], capture_output=True, text=True)
    if done.returncode != status:
        print(f"# vdevctl {' '.join(args)}: exit {done.returncode}\n"
              f"# {done.stderr}")
        check(False, "vdevctl " + " ".join(args))
    return done.stdout


def page(name):
    with open(os.path.join(SOURCE, "man", name), encoding="utf-8") as f:
        return f.read()


def plain(roff):
    """The text of a line of a page, without macros, fonts and escapes."""
    text = re.sub(r"^\.(?:[BI]|[BIR]{2}|SS|SH|TP|IP)\b", "", roff).strip()
    text = re.sub(r"\\f[BIRP]", "", text.replace('"', ""))
    return text.replace("\\-", "-")


TABLE = json.loads(run("help", "--json"))
MAN = page("vdevctl.1")


SESSION_TITLES = set()


def sections():
    """The options under each .SS of the page, and those of .SH OPTIONS."""
    found, current, term, session = {}, None, False, False
    for line in MAN.splitlines():
        if line.startswith((".SH ", ".SS ")):
            current = plain(line)
            found[current] = []
            if line.startswith(".SH "):
                session = current == "SESSION COMMANDS"
            elif session:
                SESSION_TITLES.add(current)
        elif term:
            # A term joined from words of two fonts: "--json, -j".
            text = plain(line)
            found[current] += re.findall(r"(?<![\w-])--?([a-zA-Z][\w-]*)",
                                         text)
        term = line == ".TP"
    return found


def names(options):
    return sorted([o["name"] for o in options] +
                  [o["letter"] for o in options if o["letter"]])


def test_page():
    documented = sections()
    check(sorted(documented["OPTIONS"]) == names(TABLE["options"]),
          "vdevctl.1: the global options")
    titles = {t for t in documented if t.startswith("vdevctl ")}
    titles |= SESSION_TITLES
    synopses = {c["synopsis"] for c in TABLE["commands"]}
    check(SESSION_TITLES == {c["synopsis"] for c in TABLE["commands"]
                             if c["session"]},
          "vdevctl.1: the commands of a session are by themselves")
    for missing in sorted(synopses ^ titles):
        print("# only in one of them:", missing)
    check(titles == synopses, "vdevctl.1: the commands")
    for command in TABLE["commands"]:
        given = sorted(documented.get(command["synopsis"], []))
        if given != names(command["options"]):
            print("# page:", given, "table:", names(command["options"]))
        check(given == names(command["options"]),
              f"vdevctl.1: the options of {command['name']}")
    text = " ".join(plain(line) for line in MAN.splitlines())
    for options in [TABLE["options"]] + [c["options"]
                                         for c in TABLE["commands"]]:
        for option in options:
            missing = [w for w in option["words"] or []
                       if not re.search(rf"(?<![\w-]){re.escape(w)}(?![\w-])",
                                        text)]
            if option["words"]:
                check(not missing, f"vdevctl.1: the words of --{option['name']}"
                      + (f": {missing} missing" if missing else ""))


def test_help():
    overview = run("help")
    for command in TABLE["commands"]:
        own = run("help", *command["name"].split())
        check(own == run(*command["name"].split(), "--help"),
              f"{command['name']} --help is its help")
        check(re.search(rf"^  {command['name']}(?: |$)", overview,
                        re.M) is not None,
              f"help lists {command['name']}")
        for option in command["options"] + TABLE["options"]:
            check(f"--{option['name']}" in own,
                  f"help {command['name']} shows --{option['name']}")
        check(max(map(len, own.splitlines())) <= 80,
              f"help {command['name']} fits 80 columns")


def test_completion():
    for shell in ("bash", "zsh", "fish"):
        script = run("completion", shell)
        for command in TABLE["commands"]:
            if command["session"]:
                continue
            verb = command["name"].split()[-1]
            check(re.search(rf"\b{verb}\b", script) is not None,
                  f"{shell} completes {command['name']}")
            for option in command["options"]:
                form = "-l " if shell == "fish" else "--"
                check(form + option["name"] in script,
                      f"{shell} completes {command['name']} "
                      f"--{option['name']}")
        for option in TABLE["options"]:
            form = "-l " if shell == "fish" else "--"
            check(form + option["name"] in script,
                  f"{shell} completes --{option['name']}")
    filters = set(re.findall(r"\bclass=[a-z]+", run("completion", "bash")))
    run("--root", "/", "list", *sorted(filters))
    named = re.search(r"\.BI class= NAME\n((?:\.B \w+\n)+)", MAN).group(1)
    check({f"class={word}" for word in re.findall(r"\.B (\w+)", named)} ==
          filters, "the classes of completion and page are the same")


# What the examples of a session's commands take to be there.
PRELUDE = {
    "i": "iommu open",
    "guest": "ioas alloc --iommu $i",
    "second": "ioas alloc --iommu $i",
    "ram": "memory alloc 16M",
    "nic": "device open 01:00.0 --iommu $i",
    "mdev": "device open 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 --iommu $i",
    "own": "hwpt alloc $guest --device $nic --pasid",
    "other": "hwpt alloc $guest --device $nic --pasid",
    "p": "pasid alloc $nic",
    "parent": "hwpt alloc $guest --device $nic --nest-parent",
    "nested": "hwpt alloc $parent --device $nic --type vtd-s1 --data 00",
    "q": "fault alloc --iommu $i",
    "v": "viommu alloc $parent --type arm-smmuv3 --device $nic",
    "e": "viommu events $v --type arm-smmuv3",
    "d": "dirty start $guest $own",
}


def test_session_example(line):
    # One that makes an object of the same name makes another one here.
    line = re.sub(r"^\w+ = ", "made = ", line)
    lines = [f"{name} = {command}" for name, command in PRELUDE.items()]
    done = subprocess.run([VDEVCTL, "--dry-run", "batch"], text=True,
                          input="\n".join([*lines, line]),
                          capture_output=True)
    if done.returncode:
        print("# " + done.stderr)
    check(done.returncode == 0, f"example: {line}")


def test_examples():
    """Each is understood: what fails is the device that is not here."""
    for command in TABLE["commands"]:
        if command["session"]:
            for example in command["examples"]:
                test_session_example(example["command"])
            continue
        for example in command["examples"]:
            words = shlex.split(example["command"])
            if words[0] != "vdevctl":
                continue
            done = subprocess.run([VDEVCTL, "--help", *words[1:]],
                                  capture_output=True, text=True)
            check(done.returncode == 0, f"example: {example['command']}")
    lines = re.findall(r"^\.B vdevctl (.*)$", MAN, re.M)
    for line in lines:
        words = shlex.split(plain(line).split(" | ")[0])
        done = subprocess.run([VDEVCTL, "--help", *words],
                              capture_output=True, text=True)
        check(done.returncode == 0, f"vdevctl.1: vdevctl {' '.join(words)}")


def test_pages():
    for name in ("vdevctl.1", "libvdev.3", "vdev-migration.5"):
        version = re.search(r'^\.TH .*"libvdev ([\d.]+)"', page(name), re.M)
        check(version and version.group(1) == TABLE["version"],
              f"{name} has the version of the program")
    headers = set(os.listdir(os.path.join(SOURCE, "include", "libvdev")))
    named = set(re.findall(r"^\.I <libvdev/(\w+\.h)>", page("libvdev.3"), re.M))
    wrong = named ^ (headers - {"export.h"})
    check(not wrong, f"libvdev.3 names the headers {wrong or ''}")


for test in (test_page, test_help, test_completion, test_examples, test_pages):
    test()
TAP.done()
