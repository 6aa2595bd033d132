#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Validates documents that vdevctl prints by the schemas in the tree.

    test_schema.py VDEVCTL SOURCE

Without python3-jsonschema the test is skipped (exit 77).
"""

import glob
import json
import os
import subprocess
import sys
import tarfile
import tempfile

try:
    import jsonschema
except ImportError:
    print("# SKIP python3-jsonschema is not installed")
    sys.exit(77)

VDEVCTL, SOURCE = sys.argv[1], sys.argv[2]
sys.path[:0] = [os.path.join(SOURCE, "tests", "fixtures"),
                os.path.join(SOURCE, "tests")]
import mktree  # noqa: E402
from tap import Tap  # noqa: E402

TAP = Tap()
check = TAP.ok


def load_validators():
    validators = {}
    for path in glob.glob(os.path.join(SOURCE, "schema", "*.schema.json")):
        with open(path, encoding="utf-8") as f:
            schema = json.load(f)
        kind = jsonschema.Draft202012Validator
        kind.check_schema(schema)
        validators[os.path.basename(path).split(".")[0]] = kind(schema)
    return validators


VALIDATORS = load_validators()
used = set()


def validate(text, schema, name):
    used.add(schema)
    try:
        # Strictly: Python's parser accepts what is no JSON.
        document = json.loads(text, parse_constant=lambda c: 1 / 0)
    except (ValueError, ZeroDivisionError) as e:
        print(f"# {e}")
        check(False, name)
        return
    errors = list(VALIDATORS[schema].iter_errors(document))
    for e in errors[:5]:
        print(f"# {e.json_path}: {e.message[:300]}")
    check(not errors, name)


def try_command(schema, *args):
    """What a command prints: its document, or that of its error."""
    done = subprocess.run([VDEVCTL, "--json", *args], capture_output=True)
    name = " ".join(args[1:] if args[0].startswith("--root") else args)
    if done.stdout:
        validate(done.stdout, schema, f"{schema}: {name}")
    if done.returncode:
        validate(done.stderr, "error", f"error: {name}")
        code = json.loads(done.stderr)["error"]["code"]
        check(code == done.returncode, f"the code is the exit status: {name}")
    else:
        check(bool(done.stdout), f"there is a document: {name}")


BATCH = """\
ram = memory alloc 64K
memory fill $ram efbeadde
memory write $ram 0102 --offset 0x10
memory read $ram --length 32
memory checksum $ram
objects
drop $ram
objects
"""


def try_batch(work, root):
    """A batch, and what its commands printed."""
    path = os.path.join(work, "lines")
    with open(path, "w", encoding="utf-8") as f:
        f.write(BATCH)
    done = subprocess.run([VDEVCTL, "--json", "batch", path],
                          capture_output=True)
    validate(done.stdout, "batch", "batch: objects")
    for entry in json.loads(done.stdout):
        validate(json.dumps(entry["result"]), "session",
                 f"session: {entry['command']}")
    with open(path, "w", encoding="utf-8") as f:
        f.write("list\nshow nothing\n= x\nmemory alloc\n$\nobjects\n")
    try_command("batch", root, "batch", "--keep-going", path)
    try_command("batch", root, "batch", path)
    try_command("batch", root, "batch", path + ".none")


def addresses(root):
    done = subprocess.run([VDEVCTL, root, "list", "--no-header", "--columns",
                           "address"], capture_output=True, text=True,
                          check=True)
    return done.stdout.split()


# Documents of opened devices, of processes and by netlink: tests/lab/ validates
# them.
OPENED = {"aux-list", "devlink", "devlink-list", "devlink-params",
          "eswitch", "eswitch-set", "iommu-info", "iommu-ranges", "irq-list",
          "irq-test", "mdev-event", "memlock", "migrate-info",
          "migrate-set", "migrate-transfer", "port", "port-list",
          "port-set", "rate-list", "rate-set", "region-dump", "region-list",
          "region-read",
          "vf-set", "vf-show"}


def check_opened():
    scripts = "".join(open(path, encoding="utf-8").read() for path in
                      glob.glob(os.path.join(SOURCE, "tests", "lab", "*.sh")))
    for schema in sorted(OPENED):
        check(f"t_schema {schema} " in scripts,
              f"a lab test validates {schema}")
    used.update(OPENED)


def try_unopened(root, address):
    """What is told of a device to be opened without opening it."""
    try_command("config-read", root, "config", "read", "--sysfs", address)
    try_command("config-write", root, "--dry-run", "config", "write", address,
                "command", "6")
    try_command("region-write", root, "--dry-run", "region", "write", address,
                "bar0", "0", "1", "2")
    try_command("reset", root, "--dry-run", "reset", address)
    try_command("reset", root, "--dry-run", "reset", "--hot", address)
    try_command("show", root, "show", "--open", address)


def try_tree(name, root, each):
    print(f"# {name}")
    root = "--root=" + root
    found = addresses(root)
    try_command("token-list", root, "token", "list")
    try_command("list", root, "list")
    try_command("groups", root, "group", "list")
    if not found:
        return
    try_command("token-state", root, "token", "state", found[-1])
    try_command("show", root, "show", *found)
    try_command("plan", root, "bind", "0000:01:*")
    try_command("memlock", root, "memlock", "--memory", "16G", found[0])
    try_command("plan", root, "restore", "--all")
    try_command("sriov-list", root, "sriov", "list")
    for address in found if each else ():
        try_command("token", root, "--dry-run", "token", "store", address,
                    "--generate")
        try_command("token", root, "token", "set", address)
        try_command("exec", root, "--dry-run", "exec", address, "--user",
                    "65534:65534", "--", "cat", "{0}")
        for command in ("bind", "unbind", "restore"):
            try_command("plan", root, "--dry-run", command, address)
        try_command("groups", root, "group", "show", address)
        try_unopened(root, address)


def try_pfs(root):
    done = subprocess.run([VDEVCTL, root, "--json", "sriov", "list"],
                          capture_output=True, text=True, check=True)
    for pf in json.loads(done.stdout):
        address = pf["address"]
        try_command("sriov", root, "sriov", "show", address)
        try_command("sriov-set", root, "-n", "sriov", "set", address, "2")
        try_command("sriov-set", root, "-n", "sriov", "clear", address)


def try_captures():
    for path in sorted(glob.glob(os.path.join(SOURCE, "tests", "captures",
                                              "*.tar.*"))):
        try_command("list", "--root=" + path, "list")
        # Unpacked once, not by every command.
        with tempfile.TemporaryDirectory() as work:
            with tarfile.open(path) as archive:
                archive.extractall(work)
            try_tree(os.path.basename(path), work, False)


def try_mdevs(root, uuid):
    try_command("mdev-types", root, "mdev", "types")
    try_command("mdev-types", root, "mdev", "types", "mtty")
    try_command("mdev-types", root, "mdev", "types", "nothing")
    try_command("mdev-list", root, "mdev", "list")
    try_command("mdev-show", root, "mdev", "show", uuid)
    for options in ([], ["--uuid", uuid[:-1] + "f"], ["--uuid", uuid]):
        try_command("mdev-create", root, "-n", "mdev", "create", "--parent",
                    "mtty", "--type", "mtty-2", "--attr", "a/b=c=d", *options)
    try_command("mdev-remove", root, "-n", "mdev", "remove", uuid)
    try_command("mdev-remove", root, "mdev", "remove", uuid)
    try_command("mdev-list", root, "mdev", "list", "--defined")
    try_command("mdev-definition", root, "-n", "mdev", "define", "--parent",
                "mtty", "--type", "mtty-2", "--auto")
    for verb in ("undefine", "modify"):
        for last in "1239":
            try_command("mdev-definition", root, "-n", "mdev", verb,
                        uuid[:-1] + last)
    try_command("mdev-create", root, "-n", "mdev", "start", uuid)
    try_command("mdev-create", root, "-n", "mdev", "start", "--parent", "mtty",
                uuid[:-1] + "2")
    try_command("mdev-autostart", root, "-n", "mdev", "autostart")


def try_vgpus(root):
    try_command("mdev-types", root, "mdev", "types")
    try_command("mdev-list", root, "mdev", "list")
    try_command("mdev-show", root, "mdev", "show", "01:00.5")
    try_command("mdev-create", root, "-n", "mdev", "create", "--parent",
                "01:00.4", "--type", "1145")
    try_command("mdev-remove", root, "-n", "mdev", "remove", "01:00.5")


def main():
    with tempfile.TemporaryDirectory() as work:
        for name in mktree.TREES:
            path = os.path.join(work, name)
            mktree.make(name, path)
            try_tree(name, path, name in ("workstation", "hostile"))
        patched = "--root=" + os.path.join(work, "patched")
        for last in "129":
            try_command("aux-show", patched, "aux", "show",
                        "83b8f4f2-509f-382f-3c1e-e6bfe0fa100" + last)
        try_command("aux-list", patched, "aux", "list")
        root = "--root=" + os.path.join(work, "workstation")
        try_pfs(root)
        try_mdevs(root, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
        try_vgpus("--root=" + os.path.join(work, "vgpus"))
        try_batch(work, root)
        for path in glob.glob(os.path.join(SOURCE, "tests", "streams",
                                           "*.vdm")):
            try_command("migrate-verify", "migrate", "verify", path)
        bound = "--root=" + os.path.join(work, "bound")
        for options in ([], ["--backend", "type1"],
                        ["--ioas", "--memory", "1G", "--user", "65534:1"]):
            try_command("exec", bound, "--dry-run", "exec", "01:00.0",
                        *options, "--", "cat", "{0}")
        target = os.path.join(work, "capture.tar")
        try_command("collect", root, "collect", target)
        try_command("collect", root, "collect", target)
    try_captures()
    try_command("token-generate", "token", "generate")
    check_opened()
    try_command("help", "help")
    try_command("help", "nothing")
    unused = set(VALIDATORS) - used
    check(not unused, f"every schema was used {unused or ''}")
    TAP.done()


os.umask(0o022)
main()
