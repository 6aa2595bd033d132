#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Our program under the names of mdevctl, on a machine in a directory.

    test_mdevctl.py VDEVCTL SOURCE

The commands that mdevctl's manual shows and those that libvirt runs, in all
their spellings. tests/compat/mdevctl compares more, with mdevctl's own data.
"""

import json
import os
import sys
import tempfile

VDEVCTL, SOURCE = sys.argv[1], sys.argv[2]
sys.path[:0] = [os.path.join(SOURCE, "tests", "compat"),
                os.path.join(SOURCE, "tests")]
sys.dont_write_bytecode = True
from machine import SCRIPTS, Machine  # noqa: E402
from tap import Tap  # noqa: E402

TAP = Tap()
GPU, SERIAL = "0000:2b:00.0", "serial"
ONE = "83c32df7-d52e-4ec1-9668-1f3c7e4df107"
TWO = "b0a3989f-8138-4d49-b63a-59db28ec8b48"
NONE = "6eba5b41-176e-40db-b93e-7f18e04e0b93"
NAMES = tempfile.mkdtemp(prefix="mdevctl-names-")
for name in ("mdevctl", "lsmdev", "vdev-mdevctl", "vdev-lsmdev", "vdevctl"):
    os.symlink(os.path.abspath(VDEVCTL), os.path.join(NAMES, name))


def text_of(mdev_type, start="manual", **attrs):
    """The file of a definition."""
    return json.dumps({"mdev_type": mdev_type, "start": start,
                       "attrs": [{k: v} for k, v in attrs.items()]}, indent=2)


class Case:
    def __init__(self):
        self.machine = Machine()
        self.machine.add_parent(GPU, "gpu-big", 1, "vfio-pci", "Big",
                                "much\nof all")
        self.machine.add_parent(GPU, "gpu-small", 4, "vfio-pci")
        self.machine.add_parent(SERIAL, "serial-1", 8, "vfio-pci")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.machine.close()

    def run(self, words, code=0, out=None, text=None, program="mdevctl",
            env=None):
        """Runs a command line. Return: what it wrote to stderr."""
        args = words.split() if isinstance(words, str) else words
        done = self.machine.run(os.path.join(NAMES, program), *args, text=text,
                                env=env)
        TAP.same((done.returncode, done.stderr if code == 0 != done.returncode
                  else ""), (code, ""), f"{program} {words}")
        if out is not None:
            TAP.same(done.stdout, out, f"{program} {words}: output")
        self.out = done.stdout
        return done.stderr

    def defined(self, parent, uuid, expected, what):
        TAP.same(self.machine.definition(parent, uuid), expected, what)

    def make(self, uuid=ONE, parent=SERIAL, mdev_type="serial-1"):
        self.run(f"start -u {uuid} -p {parent} -t {mdev_type}")


def test_spellings():
    for words in (f"--uuid {ONE} --parent {SERIAL} --type serial-1 --auto",
                  f"--uuid={ONE} --parent={SERIAL} --type=serial-1 --auto",
                  f"-u {ONE} -p {SERIAL} -t serial-1 -a",
                  f"-u{ONE} -p{SERIAL} -tserial-1 -a",
                  f"-u={ONE} -p={SERIAL} -t=serial-1 -a",
                  f"-ap {SERIAL} -u {ONE} -t serial-1",
                  f"-p {SERIAL} -t serial-1 -afu {ONE}",
                  f"-p {SERIAL} -t serial-1 -a -u {ONE.upper()}",
                  f"-p {SERIAL} -t serial-1 -a -u {ONE.replace('-', '')}",
                  f"-p {SERIAL} -t serial-1 -a -u {{{ONE}}}",
                  f"-p {SERIAL} -t serial-1 -a -u urn:uuid:{ONE}"):
        with Case() as case:
            case.run(f"define {words}", out="")
            case.defined(SERIAL, ONE, text_of("serial-1", "auto"), "its file")


def test_usage():
    with Case() as case:
        case.run("", 2, "")
        for words in ("nothing", "--nothing", "define", "define --auto",
                      "define -x", "define --uuid", f"define -u {ONE} -u {TWO}",
                      "define -u x", f"define -u {ONE} word",
                      f"define -u {ONE} --auto=x", f"define -u {ONE} --par x",
                      f"define -u {ONE} -p -t", "undefine", f"stop -p {GPU}",
                      f"define -u {ONE} -p a -t b --jsonfile c",
                      f"define -u {ONE} -p a -a --jsonfile c",
                      f"start -u {ONE} -p a -t b --jsonfile c",
                      f"modify -u {ONE}", f"modify -u {ONE} -t x",
                      f"modify -u {ONE} --auto --manual",
                      f"modify -u {ONE} --addattr x",
                      f"modify -u {ONE} --delattr --value x",
                      f"modify -u {ONE} --delattr -i -1",
                      f"modify -u {ONE} --delattr -i 4294967296",
                      f"modify -u {ONE} --auto --index 1",
                      f"modify -u {ONE} --live --auto",
                      f"modify -u {ONE} --jsonfile x -t y",
                      "types -u x", "list extra", "start-parent-mdevs"):
            TAP.ok("error: " in case.run(words, 2, ""), f"{words}: a reason")
        for words in ("--help", "-h", "help", "help define", "modify --help",
                      "stop -h"):
            case.run(words)
            TAP.ok("Usage: mdevctl" in case.out, f"{words}: help")
        for words in ("--version", "-V"):
            case.run(words)
            TAP.ok(case.out.startswith("mdevctl 1."), f"{words}: version")
            case.run(words, program="vdev-lsmdev")
            TAP.ok(case.out.startswith("lsmdev 1."), f"{words}: version")
        case.run("--help", program="lsmdev")
        TAP.ok("Usage: lsmdev" in case.out, "help of lsmdev")
        case.run("list", 2, "", program="lsmdev")
        case.run("list", env={"MDEVCTL_ENV_ROOT": "/nothing/there"}, code=1)


def test_types():
    small = ("  gpu-small\n    Available instances: 4\n"
             "    Device API: vfio-pci\n")
    big = ("  gpu-big\n    Available instances: 1\n"
           "    Device API: vfio-pci\n    Name: Big\n"
           "    Description: much, of all\n")
    with Case() as case:
        case.run(f"types --parent {GPU}", out=f"{GPU}\n{big}{small}")
        case.run("types -p nothing", out="")
        case.run("types -p nothing --dumpjson", out="[]")
        case.run(f"types -p {SERIAL} --dumpjson",
                 out=json.dumps([{SERIAL: [{"serial-1": {
                     "available_instances": 8, "device_api": "vfio-pci"}}]}],
                     indent=2))


def test_manual():
    """The examples of the manual, in their order."""
    with Case() as case:
        case.run("list", out="")
        case.run("list --dumpjson", out="[]")
        case.run(f"define -u {TWO} -p {GPU} -t gpu-small --auto")
        case.make(ONE, GPU, "gpu-small")
        case.run(f"define --uuid {ONE}")
        case.run("list -d", out=f"{ONE} {GPU} gpu-small manual (active)\n"
                 f"{TWO} {GPU} gpu-small auto\n")
        case.run("list", out=f"{ONE} {GPU} gpu-small manual (defined)\n")
        case.run(f"modify --uuid {TWO} --manual")
        case.run("-d", program="lsmdev",
                 out=f"{ONE} {GPU} gpu-small manual (active)\n"
                 f"{TWO} {GPU} gpu-small manual\n")
        case.run(f"stop -u {ONE}", out="")
        case.run("list", out="")
        case.run(f"start -p {GPU} --type gpu-big")
        TAP.same(len(case.out), 37, "the UUID is printed")
        uuid = case.out.strip()
        case.run(f"define --uuid {uuid}", out="")
        case.run(f"undefine -u {uuid} -p nothing", 1)
        case.run(f"undefine --uuid={uuid}", out="")
        case.run(f"undefine --uuid={uuid}", 1)
        case.run(f"stop --uuid={uuid} --force", out="")
        case.run(f"stop --uuid={uuid}", 1)


def test_attributes():
    with Case() as case:
        case.run(f"define -u {ONE} -p {SERIAL} -t serial-1")
        for value in ("5", "6", "0xab"):
            case.run(f"modify -u {ONE} --addattr=adapter --value={value}")
        case.run(["modify", "-u", ONE, "--addattr", "domain", "--value",
                  'a "b" c', "-i", "1"])
        case.run("list -dv",
                 out=f"{ONE} {SERIAL} serial-1 manual\n  Attrs:\n"
                 '    @{0}: {"adapter":"5"}\n'
                 '    @{1}: {"domain":"a "b" c"}\n'
                 '    @{2}: {"adapter":"6"}\n'
                 '    @{3}: {"adapter":"0xab"}\n')
        case.run(f"modify -u {ONE} --delattr --index=4", 1)
        case.run(f"modify -u {ONE} --addattr=a --value=b --index=5", 1)
        case.run(f"modify -u {ONE} --delattr --index=0")
        case.run(f"modify -u {ONE} --delattr")
        whole = json.dumps({"mdev_type": "serial-1", "start": "manual",
                            "attrs": [{"domain": 'a "b" c'},
                                      {"adapter": "6"}]}, indent=2)
        case.run(f"list -d -u {ONE} --dumpjson", out=whole)
        case.defined(SERIAL, ONE, whole, "the file is the same")
        case.run(f"define -p {GPU} --jsonfile=/dev/stdin",
                 text=text_of("gpu-small", x="1"))
        case.defined(GPU, case.out.strip(), text_of("gpu-small", x="1"),
                     "it is as the file says")
        case.run(f"modify -u {TWO} --delattr", 1)


def test_libvirt():
    text = text_of("serial-1", "auto", attribute="1")
    compact = '{"mdev_type":"serial-1","start":"manual"}'
    with Case() as case:
        case.run(f"define --parent={SERIAL} --jsonfile=/dev/stdin "
                 f"--uuid={ONE}", out="", text=text)
        case.defined(SERIAL, ONE, text, "it is defined")
        case.run("list --dumpjson --defined",
                 out=json.dumps([{SERIAL: [{ONE: json.loads(text)}]}],
                                indent=2))
        case.run(f"start -u {ONE}", out="")
        case.run("list --dumpjson", out=json.dumps(
            [{SERIAL: [{ONE: json.loads(text_of("serial-1", "auto"))}]}],
            indent=2))
        with open(case.machine.path("sys/bus/mdev/devices", ONE, "attribute"),
                  encoding="utf-8") as f:
            TAP.same(f.read(), "1", "its attribute is set")
        case.run(f"modify --uuid {ONE} --manual", out="")
        case.run(f"modify --uuid {ONE} --auto", out="")
        case.run(f"modify --parent={SERIAL} --jsonfile=/dev/stdin "
                 f"--uuid={ONE} --defined", out="", text=compact)
        case.defined(SERIAL, ONE, text_of("serial-1"), "it is changed")
        case.run(f"modify --parent={SERIAL} --jsonfile=/dev/stdin "
                 f"--uuid={ONE} --live", 1, "", text=compact)
        case.run(f"stop -u {ONE}", out="")
        case.run(f"undefine -u {ONE}", out="")
        case.run(f"start --parent={SERIAL} --jsonfile=/dev/stdin --uuid={TWO}",
                 out="", text=compact)
        case.run(f"start --parent={SERIAL} --jsonfile /dev/stdin", text=compact)
        TAP.same(len(case.out), 37, "the UUID is printed")
        for bad in ("", "{", "[]", '{"start":"auto"}', '{"mdev_type":"a"}'):
            case.run(f"define --parent={SERIAL} --jsonfile=/dev/stdin", 1, "",
                     text=bad)
        case.run(f"define -p {SERIAL} --jsonfile /nothing", 1, "")


LIVE = """[ "$6" != capabilities ] || echo '{"supports":{"version":2,\
"actions":["modify","attributes"],"events":["live","pre","get"]}}'
[ "$6" != attributes ] || cat attrs
[ "$4" != live ] || cat > attrs.live
"""


def test_scripts():
    with Case() as case:
        case.make()
        case.machine.write('[{"size":"3"}]', "cwd", "attrs")
        case.machine.add_script("#!/bin/sh\n" + LIVE, SCRIPTS[0], "callouts",
                                "live")
        case.machine.add_script(
            '#!/bin/sh\necho "$4 $6 $8" >> told\ncat > given\n',
            SCRIPTS[1], "notifiers", "hear")
        case.run("list --verbose", out=f"{ONE} {SERIAL} serial-1 manual\n"
                 '  Attrs:\n    @{0}: {"size":"3"}\n')
        text = '{"mdev_type":"serial-1","start":"auto","attrs":[{"size":"4"}]}'
        case.run(f"modify -u {ONE} --live --jsonfile=/dev/stdin", text=text)
        with open(case.machine.path("cwd/attrs.live"), encoding="utf-8") as f:
            TAP.same(f.read(), text, "the script has it")
        case.run(f"modify -u {ONE} -l --defined --jsonfile=/dev/stdin", 1,
                 text=text)
        case.machine.write('[{"size":"4"}]', "cwd", "attrs")
        case.run(f"undefine -u {ONE}", 1)
        case.run(f"define -u {ONE}", 1)
        case.run(f"define -u {ONE} --force")
        case.defined(SERIAL, ONE, text_of("serial-1", size="4"),
                     "with the attributes that the script tells")
        with open(case.machine.path("cwd/told"), encoding="utf-8") as f:
            TAP.same(f.read(), "notify modify none\nnotify define none\n"
                     "notify define success\n", "notifiers hear of it")
        with open(case.machine.path("cwd/given"), encoding="utf-8") as f:
            TAP.same(f.read(), '{"mdev_type":"serial-1","start":"manual",'
                     '"attrs":[]}', "and have the description")
        case.run(f"modify -u {ONE} -ld --jsonfile=/dev/stdin", text=text)
        case.defined(SERIAL, ONE, text_of("serial-1", "auto", size="4"),
                     "both are changed")
        case.run(f"modify -u {ONE} -l --jsonfile=/dev/stdin", 1,
                 text='{"mdev_type":"other","start":"auto"}')


def test_native_live():
    """The same by vdevctl's own verb."""
    with Case() as case:
        case.make()
        modify = f"mdev modify {ONE} --live --attr size=7"
        vdevctl = f"--root {case.machine.root} --json"
        case.run(f"{vdevctl} -n {modify}", out=None, program="vdevctl")
        TAP.same(json.loads(case.out)["attrs"],
                 [{"name": "size", "value": "7"}], "what it would be")
        case.run(f"{vdevctl} -n {modify} --start auto", 2, program="vdevctl")
        case.run(f"{vdevctl} -n mdev modify {TWO} --live", 3,
                 program="vdevctl")


def test_strict():
    """What mdevctl lets pass is a warning, and a failure if asked for."""
    with Case() as case:
        for what, words in (
                ("called 0000:2b", f"-p {GPU.upper()} -t gpu-big"),
                ("no parent", "-p nothing -t gpu-big"),
                ("no type", f"-p {GPU} -t nothing")):
            words = f"define -u {ONE} {words}"
            TAP.ok(what in case.run(f"{words} --strict", 1, ""), "it fails")
            TAP.ok(what in case.run(words, out=""), "it is a warning")
            case.run(f"undefine -u {ONE}")
        case.run(f"define -u {ONE} -p nothing -t x", out="",
                 env={"MDEVCTL_LOG": "error"})
        TAP.ok(GPU in case.run(f"start -p {GPU.upper()} -t gpu-big", 1, ""),
               "the right name is told")
        case.machine.write("{", "etc/mdevctl.d/nothing", TWO)
        line = f"{ONE} nothing x manual\n"
        TAP.ok(TWO in case.run("list --defined", out=line),
               "a damaged definition is told")
        case.run("list --defined --dumpjson")
        TAP.same(list(json.loads(case.out)[0]), ["nothing"],
                 "and hides no other")
        case.run("list --defined --strict", 1)
        case.run(f"modify -u {TWO} --auto", 1)
        case.run(f"start -u {TWO}", 1)
        case.run(f"undefine -u {TWO}")


def test_several():
    with Case() as case:
        for parent, kind in ((GPU, "gpu-small"), (SERIAL, "serial-1")):
            case.run(f"define -u {ONE} -p {parent} -t {kind} -a")
        case.run(f"modify -u {ONE} --manual", 1)
        case.run(f"start -u {ONE}", 1)
        case.run(f"start -u {ONE} -p {GPU} -t gpu-big", 1)
        case.run(f"start -u {ONE} -t gpu-small", 1)
        case.run(f"start -u {TWO} -p {GPU}", 1)
        case.run(f"start -u {TWO}", 1)
        case.run(f"list -d -u {ONE} -p {GPU} --dumpjson",
                 out=text_of("gpu-small", "auto"))
        case.run(f"list -du {NONE} --dumpjson", out="[]")
        case.run(f"define -u {ONE} -p {GPU} -t gpu-small", 1)
        case.run(f"define -u {TWO} -p {GPU} -t gpu-small -a")
        case.machine.write("{", "etc/mdevctl.d", GPU, NONE)
        TAP.ok(NONE in case.run(f"start-parent-mdevs {GPU}", out=""),
               "what could not be started is told")
        case.run("list", out=f"{ONE} {GPU} gpu-small auto (defined)\n"
                 f"{TWO} {GPU} gpu-small auto (defined)\n")
        case.run(f"start-parent-mdevs --strict {GPU}", 1)
        case.run(f"define -u {ONE} -p {SERIAL} -t serial-1", 1)
        case.run(f"undefine -u {ONE}")
        case.run(f"list -du {ONE}", out="")


for test in (test_spellings, test_usage, test_types, test_manual,
             test_attributes, test_libvirt, test_scripts, test_native_live, test_strict,
             test_several):
    test()
for name in os.listdir(NAMES):
    os.unlink(os.path.join(NAMES, name))
os.rmdir(NAMES)
sys.exit(TAP.done())
