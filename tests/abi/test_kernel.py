#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lib/kernel/abi/ against the headers of the lab's kernel.

Every number, size, offset and sign the project states is printed by one
program, compiled once with the project's headers and once with the kernel's.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from tap import Tap  # noqa: E402

LIB = Path(__file__).resolve().parents[2] / "lib"
HEADERS = ["devlink", "iommufd", "vfio"]
# Of these the project states what it uses only.
PARTIAL = ["devlink"]
# What only a kernel with kernel-patches/ has: the kernel's header, and a word
# that it has not got without them.
PATCHED = {"vfio_patched": ("vfio", "VFIO_DEVICE_FEATURE_ISOLATION"),
           "mdev": ("mdev", "MDEV_A_DEV_PASID")}

# Macros that are text.
TEXT = re.compile(r"VFIO_DEVICE_API_\w+_STRING$|\w+_(GENL|FAMILY)_NAME$|\w+_MCGRP_\w+$")

# What the kernel's headers have and the project has no use for.
FOREIGN = re.compile(
    r"_UAPI|.*(SPAPR|EEH|CCW|_AP_|ZPCI|NVLINK2|_FSL_MC)"
    # No longer in use, or functions in the guise of macros.
    r"|__VFIO_RESERVED|VFIO_DEVICE_STATE_(V1_|MASK|VALID|IS_ERROR|SET_ERROR)"
    r"|VFIO_IOMMU_(ENABLE|DISABLE)$"
    r"|vfio_(eeh|iommu_spapr|.*nvlink2)|vfio_device_migration_info$"
)


def plain(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def numbers(text):
    """Macros with a value, and enumerators."""
    joined = plain(text).replace("\\\n", " ")
    names = re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+\S", joined, re.M)
    for body in re.findall(r"\benum\b[^{};()]*\{(.*?)\}", joined, re.S):
        body = re.sub(r"^\s*#.*", "", body, flags=re.M)
        names += re.findall(r"(?:^|,)\s*(\w+)", body)
    return list(dict.fromkeys(names))


def structures(text):
    """Structures by name: the text between their braces."""
    found = {}
    text = re.sub(r"^[ \t]*#.*", "", plain(text).replace("\\\n", " "), flags=re.M)
    for m in re.finditer(r"^struct (\w+) \{(.*?)^\}", text, re.M | re.S):
        found[m[1]] = m[2]
    return found


def fields(body):
    """The fields of one of our structures: (type, name, what follows it)."""
    body = re.sub(r"union \{|\};", "", body)
    return re.findall(r"^\s*([\w ]+?)[ *]+(\w+)(\[\w*\])?;", body, re.M)


def rows(text, kernel):
    """C statements that print what a header states, by the kernel's names."""
    known = structures(kernel)
    out = []
    for name in numbers(text):
        form, cast = ("%s", "") if TEXT.match(name) else ("%lld", "(long long)")
        out.append(f'printf("{name} {form}\\n", {cast}({name}));')
    for name, body in structures(text).items():
        out.append(f'printf("sizeof {name} %zu\\n", sizeof(struct {name}));')
        for kind, member, array in fields(body):
            theirs = known.get(name, "")
            if f"__{member}" in theirs and not re.search(rf"\b{member}\b", theirs):
                target = f"MEMBER_{member}"
            else:
                target = member
            place = f"((struct {name} *)0)->{target}" + ("[0]" if array == "[]" else "")
            out.append(
                f'printf("{name}.{member} at %zu size %zu\\n", '
                f"offsetof(struct {name}, {target}), sizeof({place}));"
            )
            if re.fullmatch(r"u?int\d+_t|aligned_u64", kind):
                first = place if array in ("", "[]") else f"{place}[0]"
                out.append(
                    f'printf("{name}.{member} signed %d\\n", '
                    f"(__typeof__({first}))-1 < 0);"
                )
    return out


def table(statements, include, members, flags):
    """What the program prints, a line for each fact."""
    body = "\n\t".join(statements)
    reserved = sorted(set(re.findall(r"MEMBER_(\w+)", body)))
    source = "#include <stddef.h>\n#include <stdio.h>\n" + "".join(
        f"#include {name}\n" for name in include
    )
    source += "".join(f"#define MEMBER_{r} {members}{r}\n" for r in reserved)
    source += f"int main(void)\n{{\n\t{body}\n\treturn 0;\n}}\n"
    with tempfile.TemporaryDirectory() as d:
        program = Path(d, "table")
        Path(d, "table.c").write_text(source)
        done = subprocess.run(
            [*shlex.split(os.environ.get("CC", "cc")), "-w", *flags,
             "-o", program, Path(d, "table.c")],
            capture_output=True, text=True,
        )
        if done.returncode:
            return None, done.stderr
        out = subprocess.run([program], check=True, capture_output=True, text=True)
        return out.stdout.splitlines(), ""


def lab_headers():
    """The headers of the lab's newest stock kernel, if it was built."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    found = cache.glob("libvdev/kernel/stock-*/headers/include/linux/iommufd.h")
    paths = sorted(found, key=lambda p: p.stat().st_mtime)
    return paths[-1].parents[1] if paths else None


def patched_headers(theirs, word):
    """Those of the lab's newest patched kernel that has a word in one of them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    found = cache.glob(f"libvdev/kernel/patched-*/headers/include/linux/{theirs}.h")
    paths = [p for p in found if word in p.read_text()]
    paths.sort(key=lambda p: p.stat().st_mtime)
    return paths[-1].parents[1] if paths else None


def differences(lib, headers, name, theirs=None):
    """Lines that differ between our header below `lib` and the kernel's."""
    kernels = theirs or name
    text = (lib / "kernel/abi" / f"{name}.h").read_text()
    kernel = (headers / "linux" / f"{kernels}.h").read_text()
    statements = rows(text, kernel)
    ours, error = table(statements, [f'"kernel/abi/{name}.h"'], "", ["-I", lib])
    if ours is None:
        return 0, ["our header does not compile", *error.splitlines()]
    theirs, error = table(
        statements, [f"<linux/{kernels}.h>"], "__", ["-isystem", headers]
    )
    if theirs is None:
        return 0, ["the kernel has no such name", *error.splitlines()]
    faults = [f"ours: {a}; the kernel's: {b}" for a, b in zip(ours, theirs) if a != b]
    return len(ours), faults


def check_patched(tap):
    """What the project's kernel patches bring, as the patched kernel has it."""
    for name, (theirs, word) in PATCHED.items():
        headers = patched_headers(theirs, word)
        if not headers:
            tap.skip(f"{name}.h", "no patched kernel was built that has it: "
                     "scripts/lab --kernel patched --build-only")
            continue
        count, faults = differences(LIB, headers, name, theirs)
        tap.ok(
            count > 0 and not faults,
            f"{name}.h states what the patched kernel does ({count} facts)",
            "\n".join(faults),
        )


# What is changed in our header, and a word of the difference that must follow.
BAD = [
    ("iommufd", "IOMMUFD_CMD_IOAS_MAP\t\t    0x85", "IOMMUFD_CMD_IOAS_MAP 0x86",
     "IOMMU_IOAS_MAP "),
    ("iommufd", "IOMMU_IOAS_MAP_READABLE = 1 << 2", "IOMMU_IOAS_MAP_READABLE = 1 << 3",
     "IOMMU_IOAS_MAP_READABLE"),
    ("iommufd", "int32_t fd;", "uint32_t fd;", "iommu_ioas_map_file.fd signed"),
    ("iommufd", "uint32_t out_ioas_id;", "uint64_t out_ioas_id;",
     "sizeof iommu_ioas_alloc"),
    ("iommufd", "aligned_u64 user_va;\n\taligned_u64 length;",
     "aligned_u64 length;\n\taligned_u64 user_va;", "iommu_ioas_map.user_va at"),
    ("iommufd", "uint32_t hwpt_id;\n\tuint32_t flags;",
     "uint32_t flags;\n\tuint32_t hwpt_id;", "iommu_hwpt_get_dirty_bitmap.flags at"),
    ("devlink", "DEVLINK_ATTR_PARAM = 80", "DEVLINK_ATTR_PARAM = 81",
     "DEVLINK_ATTR_PARAM "),
    ("vfio", "VFIO_IRQ_INFO_NORESIZE\t (1 << 3)", "VFIO_IRQ_INFO_NORESIZE (1 << 4)",
     "VFIO_IRQ_INFO_NORESIZE"),
    ("vfio", "VFIO_PCI_NUM_REGIONS = 9", "VFIO_PCI_NUM_REGIONS = 10",
     "VFIO_PCI_NUM_REGIONS"),
    ("vfio", '"vfio-pci"', '"vfio_pci"', "VFIO_DEVICE_API_PCI_STRING"),
    ("vfio", "uint32_t out_devid;", "uint32_t other_devid;", "no such name"),
]


def check_self(tap, headers):
    """A wrong statement of each sort is found."""
    for name, old, new, word in BAD:
        with tempfile.TemporaryDirectory() as d:
            abi = Path(d, "kernel/abi")
            shutil.copytree(LIB / "kernel/abi", abi)
            text = (abi / f"{name}.h").read_text()
            (abi / f"{name}.h").write_text(text.replace(old, new, 1))
            faults = differences(Path(d), headers, name)[1]
        tap.ok(
            old in text and any(word in f for f in faults),
            f"a fault is found: {word.strip()}",
            "\n".join(faults[:5]),
        )


def check_complete(tap, headers, name):
    ours = (LIB / "kernel/abi" / f"{name}.h").read_text()
    kernel = (headers / "linux" / f"{name}.h").read_text()
    missing = set(numbers(kernel)) - set(numbers(ours))
    missing |= set(structures(kernel)) - set(structures(ours))
    missing = sorted(n for n in missing if not FOREIGN.match(n))
    tap.ok(not missing, f"nothing of <linux/{name}.h> is missing", "\n".join(missing))


def check_used(tap):
    """The system's headers of the same things are not used beside ours."""
    users = [
        str(f.relative_to(LIB))
        for f in sorted(LIB.rglob("*.[ch]"))
        if re.search(r"#\s*include\s+<linux/(devlink|iommufd|mdev|vfio)\.h>", f.read_text())
    ]
    tap.ok(not users, "the library does not use the system's headers", users)


def main():
    tap = Tap()
    check_used(tap)
    check_patched(tap)
    headers = lab_headers()
    if headers:
        for name in HEADERS:
            count, faults = differences(LIB, headers, name)
            tap.ok(
                count > 90 and not faults,
                f"{name}.h states what the kernel does ({count} facts)",
                "\n".join(faults),
            )
            if name not in PARTIAL:
                check_complete(tap, headers, name)
        check_self(tap, headers)
    else:
        tap.skip("headers of the lab's kernel", "it was not built: scripts/lab --build-only")
    tap.done()


main()
