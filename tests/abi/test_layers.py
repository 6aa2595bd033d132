#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The call rules of lib/README.md, in the sources and in the objects."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from tap import Tap  # noqa: E402

SOURCE = Path(__file__).resolve().parents[2]
LIB = SOURCE / "lib"
LAYERS = ["base", "gateway", "kernel", "object"]

# Rule 3's exception: what the end of a context calls.
CONTEXT_FREES = {"names", "classes"}

# Rule 2's exception: the kernel's own numbers and structures.
ABI = Path("kernel/abi")
# And what files that speak netlink have in common, the lowest first.
NETLINK = ["nlmessage", "genetlink"]

# Rule 4.
SYSTEM_CALLS = set("""
    open openat openat2 creat read pread readv write pwrite writev close lseek
    ioctl fcntl dup dup2 dup3 pipe pipe2 mmap munmap mremap
    stat lstat fstat fstatat access faccessat readlink readlinkat realpath
    mkdir mkdirat rmdir unlink unlinkat rename renameat remove link symlink
    chmod fchmod fchmodat chown fchown fchownat lchown truncate ftruncate
    fsync fdatasync sync flock lockf opendir readdir scandir nftw glob
    fopen fdopen freopen fclose fread fwrite fgets getline tmpfile mkstemp
    fork vfork execv execve execvp execl execlp posix_spawn wait waitpid kill
    socket connect bind listen accept send sendto sendmsg recv recvfrom recvmsg
    poll ppoll select epoll_create epoll_wait eventfd signalfd timerfd_create
    sleep usleep nanosleep clock_nanosleep time clock_gettime gettimeofday
    getpid getppid getuid geteuid getgid getegid uname gethostname
    syscall prctl system popen mount umount2 getrandom madvise mlock
""".split())
# Rule 6.
NEVER = set("""
    getenv secure_getenv setenv putenv exit _exit abort __assert_fail atexit
    stdin stdout stderr
    printf fprintf vprintf vfprintf puts fputs putchar perror syslog err errx
    warn warnx
""".split())


def plain(name):
    """A function's name without what hardening and large files add to it."""
    return re.sub(r"(?<=\w)64$", "", re.sub(r"^__(\w+?)(_chk|_2)$", r"\1", name))


def includes(path):
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.M)


def object_order():
    """The names of the table of object/ in lib/README.md."""
    text = (LIB / "README.md").read_text()
    section = text.split("## object/")[1].split("## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


def unit_of(stem, order):
    """The row a file belongs to, or None."""
    best = [u for u in order if stem == u or stem.startswith(u + "_")]
    return max(best, key=len) if best else None


def allowed(caller, callee, order):
    """Whether one file may use another; each is a path below lib/."""
    a, b = LAYERS.index(caller.parts[0]), LAYERS.index(callee.parts[0])
    if a != b:
        return b < a
    if caller.parent == ABI != callee.parent:
        return False
    if caller.stem == callee.stem or LAYERS[a] in ("base", "gateway"):
        return True
    if LAYERS[a] == "kernel":
        if callee.stem in NETLINK and caller.stem in NETLINK:
            return NETLINK.index(callee.stem) < NETLINK.index(caller.stem)
        return callee.parent == ABI or callee.stem in NETLINK
    x, y = unit_of(caller.stem, order), unit_of(callee.stem, order)
    if x == "ctx" and y in CONTEXT_FREES:
        return caller.suffix == ".c"
    return x in order and y in order and order.index(y) <= order.index(x)


def include_faults(files, order):
    faults = []
    for f in files:
        caller = f.relative_to(LIB)
        for name in includes(f):
            if not (LIB / name).exists():
                faults.append(f"{caller}: there is no {name}")
            elif not allowed(caller, Path(name), order):
                faults.append(f"{caller} includes {name}")
    return faults


def object_paths():
    """The compiled objects by the path of their source below lib/."""
    paths = os.environ["VDEV_OBJECTS"].split(",")
    return {Path("/".join(Path(p).parts[-2:]).removesuffix(".o")): p for p in paths}


def symbols(path):
    """What an object defines for others, calls, and may write to."""
    out = subprocess.run(
        ["nm", "--format=sysv", path], check=True, capture_output=True, text=True
    ).stdout
    defines, needs, data = set(), set(), set()
    for line in out.splitlines():
        if line.count("|") != 6:
            continue
        name, _, kind, _, _, _, section = map(str.strip, line.split("|"))
        if kind == "U":
            needs.add(name)
        elif kind in "TDRB":
            defines.add(name)
        # The sanitizers' own data has dots or two underscores in its names.
        if re.match(r"\.(bss|data)(?!\.rel\.ro)|\*COM", section) and not re.match(
            r"__|\W|.*\W[A-Z]", name
        ):
            data.add(name)
    return defines, needs, data


def object_symbols():
    """The same for each source, and who defines what."""
    owners, needs, data = {}, {}, {}
    for source, path in object_paths().items():
        defines, needs[source], data[source] = symbols(path)
        owners.update((name, source) for name in defines)
    return owners, needs, data


def call_faults(defines, needs, order):
    return [
        f"{caller} calls {name}() of {defines[name]}"
        for caller in sorted(needs)
        for name in sorted(needs[caller])
        if name in defines and not allowed(caller, defines[name], order)
    ]


def check_self(tap, order):
    p = Path
    for a, b, good in [
        ("object/plan.c", "object/check.h", True),
        ("object/check.c", "object/plan.h", False),
        ("object/plan_run.c", "object/plan.h", True),
        ("object/ctx.c", "object/names.h", True),
        ("object/ctx.h", "object/names.h", False),
        ("object/ctx.c", "object/plan.h", False),
        ("kernel/modules.c", "kernel/procfs.h", False),
        ("kernel/modules.c", "gateway/sys.h", True),
        ("kernel/devlink.c", "kernel/genetlink.h", True),
        ("kernel/genetlink.c", "kernel/nlmessage.h", True),
        ("kernel/nlmessage.c", "kernel/genetlink.h", False),
        ("kernel/vfio.c", "kernel/abi/vfio.h", True),
        ("kernel/abi/vfio.h", "kernel/vfio.h", False),
        ("object/file.c", "kernel/abi/vfio.h", True),
        ("gateway/sys.c", "kernel/procfs.h", False),
        ("base/util.c", "gateway/sys.h", False),
    ]:
        word = "may" if good else "may not"
        tap.ok(allowed(p(a), p(b), order) == good, f"{a} {word} use {b}")
    for name, function in [
        ("__open64_2", "open"),
        ("__read_chk", "read"),
        ("__fprintf_chk", "fprintf"),
        ("stat64", "stat"),
        ("vdev_sys_open", "vdev_sys_open"),
    ]:
        tap.same(plain(name), function, f"{name} is known")


def call_rules(source, needs, data):
    """What breaks the rules on calls and data in one object."""
    functions = {plain(name) for name in needs}
    found = set(data)
    if source.parts[0] != "gateway":
        found |= functions & SYSTEM_CALLS
    if source.name != "kernel_ops.c":
        found |= functions & NEVER
    return found


BAD_SOURCE = """
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int bad(void);
static int counter;
static const char *const fine[] = { "a", "b" };
int bad(void)
{
	char c;

	printf("%s %s\\n", getenv("A"), fine[getpid() & 1]);
	return (int)read(counter++, &c, 1);
}
"""


def check_rules(tap):
    with tempfile.TemporaryDirectory() as d:
        source, out = Path(d, "bad.c"), Path(d, "bad.o")
        source.write_text(BAD_SOURCE.replace("\\n", ""))
        flags = shlex.split(os.environ.get("VDEV_C_FLAGS", ""))
        subprocess.run(
            [os.environ["CC"], *flags, "-c", "-fPIC", "-o", out, source], check=True
        )
        _, needs, data = symbols(out)
    bad = {"counter", "printf", "getenv", "getpid", "read"}
    tap.same(call_rules(Path("object/bad.c"), needs, data), bad, "rules are checked")
    bad -= {"getpid", "read"}
    tap.same(call_rules(Path("gateway/bad.c"), needs, data), bad, "gateway's too")


def check_libraries(tap, files):
    for header, *places in [
        ("libudev.h", "object/names.c"),
        ("netlink/", "gateway/kernel_ops.c", "kernel/nlmessage.c",
         "kernel/nlmessage.h"),
        ("json-c/", "object/mdev_json.c"),
        ("archive",),
    ]:
        users = [
            str(f.relative_to(LIB))
            for f in files
            if re.search(rf"#\s*include\s+<{re.escape(header)}", f.read_text())
        ]
        tap.ok(
            all(u in places for u in users),
            f"<{header}> is used in {' and '.join(places)} only" if places
            else f"<{header}> is not used",
            ", ".join(users),
        )


def check_cli(tap):
    faults = []
    for f in sorted((SOURCE / "cli").glob("*.[ch]")):
        faults += [
            f"{f.name} includes {name}"
            for name in includes(f)
            if not (f.parent / name).exists()
        ]
    tap.ok(not faults, "vdevctl uses public headers only", "\n".join(faults))


def main():
    tap = Tap()
    order = object_order()
    files = sorted(LIB.rglob("*.[ch]"))
    tap.ok(len(order) > 10 and len(files) > 20, "the table and the files are found")
    check_self(tap, order)
    homeless = [
        f.name
        for f in files
        if f.parent.name == "object" and unit_of(f.stem, order) is None
    ]
    tap.ok(not homeless, "every file of object/ has its place", homeless)
    faults = include_faults(files, order)
    tap.ok(not faults, "includes go down", "\n".join(faults))
    defines, needs, data = object_symbols()
    faults = call_faults(defines, needs, order)
    tap.ok(not faults, "calls go down", "\n".join(faults))
    check_rules(tap)
    for source in sorted(needs):
        found = call_rules(source, needs[source], data[source])
        tap.ok(not found, f"{source} keeps the rules", ", ".join(sorted(found)))
    check_libraries(tap, files)
    check_cli(tap)
    tap.done()


main()
