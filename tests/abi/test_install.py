#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `cmake --install` puts where, and that programs can be built with it."""

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from tap import Tap  # noqa: E402

BUILD = Path(os.environ["VDEV_BUILD"])
VERSION = os.environ["VDEV_VERSION"]
SOURCE = Path(__file__).resolve().parents[2]
PAGES = list((SOURCE / "man").glob("*.[1-9]"))
SCHEMAS = list((SOURCE / "schema").glob("*.json"))
FLAGS = shlex.split(os.environ.get("VDEV_C_FLAGS", ""))

# The same text as C and as C++.
PROGRAM = r"""
#include <libvdev/libvdev.h>
#include <stdio.h>

int main(void)
{
	struct vdev_ctx *ctx;

	if (vdev_ctx_new(&ctx) < 0)
		return 1;
	printf("%s\n", vdev_version());
	vdev_ctx_unref(ctx);
	return 0;
}
"""

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(client LANGUAGES {language})
find_package(libvdev {version} REQUIRED)
add_executable(client client.{suffix})
target_link_libraries(client PRIVATE libvdev::vdev)
"""

LANGUAGES = [("C", "CC", "c"), ("CXX", "CXX", "cpp")]


def run(*command, **kwargs):
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, **kwargs
    )


def cache():
    """The build's settings."""
    lines = (BUILD / "CMakeCache.txt").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if ":" in line and "=" in line)
    return {name.split(":")[0]: value for name, value in pairs}


def expected_files(settings):
    lib = settings["CMAKE_INSTALL_LIBDIR"]
    include = settings["CMAKE_INSTALL_INCLUDEDIR"]
    files = {
        f"{include}/libvdev/libvdev.h",
        f"{lib}/libvdev.so",
        f"{lib}/libvdev.so.0",
        f"{lib}/libvdev.so.{VERSION}",
        f"{lib}/pkgconfig/libvdev.pc",
        f"{lib}/cmake/libvdev/libvdevConfig.cmake",
        f"{lib}/cmake/libvdev/libvdevConfigVersion.cmake",
        f"{lib}/cmake/libvdev/libvdevTargets.cmake",
        "bin/vdevctl",
        "bin/vdev-mdevctl",
        "bin/vdev-lsmdev",
        "share/doc/libvdev/README.md",
        "share/doc/libvdev/examples/list-devices.c",
        "share/doc/libvdev/examples/list-devices.cpp",
        "share/doc/libvdev/examples/outside/CMakeLists.txt",
        "share/doc/libvdev/examples/nvme-identify/main.c",
        "share/doc/libvdev/examples/tiny-vmm/CMakeLists.txt",
        "share/doc/libvdev/examples/tiny-vmm/guest/guest.ld",
        "share/doc/libvdev/examples/README.md",
        "lib/udev/rules.d/60-vdev.rules",
        "lib/udev/rules.d/61-vdev-mdev.rules",
        "lib/systemd/system/vdev-mdev@.service",
        "lib/systemd/system/vdev-bind@.service",
    }
    files |= {f"share/libvdev/schema/{f.name}" for f in SCHEMAS}
    if settings["VDEV_BUILD_MAN"] == "ON":
        files |= {f"share/man/man{f.suffix[1:]}/{f.name}" for f in PAGES}
        files |= {
            "share/man/man1/vdevctl.1",
            "share/man/man8/vdev-lsmdev.8",
            "share/bash-completion/completions/vdevctl",
            "share/zsh/site-functions/_vdevctl",
            "share/fish/vendor_completions.d/vdevctl.fish",
        }
    return files


def check_runs(tap, name, binary, libdir):
    out = run(binary, env={**os.environ, "LD_LIBRARY_PATH": str(libdir)})
    tap.same((out.returncode, out.stdout.strip()), (0, VERSION), f"{name} runs")


def check_pkg_config(tap, root, prefix, libdir, work):
    env = {
        **os.environ,
        "PKG_CONFIG_SYSROOT_DIR": str(root),
        "PKG_CONFIG_PATH": str(libdir / "pkgconfig"),
    }
    if not shutil.which("pkg-config"):
        tap.skip("pkg-config", "it is not installed")
        return
    version = run("pkg-config", "--modversion", "libvdev", env=env).stdout.strip()
    tap.same(version, VERSION, "pkg-config knows the version")
    flags = run("pkg-config", "--cflags", "--libs", "libvdev", env=env).stdout.split()
    tap.ok(f"-I{root}{prefix}/include" in flags and "-lvdev" in flags,
           "pkg-config has the flags", flags)
    tap.ok("-lnl-3" not in flags, "private libraries stay private", flags)
    for language, variable, suffix in LANGUAGES:
        compiler = os.environ.get(variable)
        if not compiler:
            tap.skip(f"pkg-config, {language}", "there is no compiler for it")
            continue
        source, binary = work / f"client.{suffix}", work / f"client-{language}"
        source.write_text(PROGRAM)
        out = run(compiler, *FLAGS, "-o", binary, source, *flags)
        if tap.ok(out.returncode == 0, f"pkg-config, {language}: it builds", out.stderr):
            check_runs(tap, f"pkg-config, {language}: it", binary, libdir)


def check_find_package(tap, root, prefix, libdir, work):
    for language, variable, suffix in LANGUAGES:
        compiler = os.environ.get(variable)
        if not compiler:
            tap.skip(f"find_package, {language}", "there is no compiler for it")
            continue
        source = work / f"cmake-{language}"
        source.mkdir()
        text = PROJECT.format(
            language=language, suffix=suffix, version=".".join(VERSION.split(".")[:2])
        )
        (source / "CMakeLists.txt").write_text(text)
        (source / f"client.{suffix}").write_text(PROGRAM)
        out = run(
            "cmake", "-S", source, "-B", source / "build",
            f"-DCMAKE_PREFIX_PATH={root}{prefix}",
            f"-DCMAKE_{language}_COMPILER={compiler}",
            f"-DCMAKE_{language}_FLAGS={' '.join(FLAGS)}",
        )
        if not out.returncode:
            out = run("cmake", "--build", source / "build")
        name = f"find_package, {language}"
        if tap.ok(not out.returncode, f"{name}: it builds", out.stdout + out.stderr):
            check_runs(tap, f"{name}: it", source / "build" / "client", libdir)


def check_project(tap, prefix, libdir, source, work):
    """An example that is a project of its own."""
    name = source.name
    if platform.machine() != "x86_64":
        tap.skip(f"{name} builds", "it is for x86-64")
        return
    out = run("cmake", "-S", source, "-B", work / name,
              f"-DCMAKE_PREFIX_PATH={prefix}",
              f"-DCMAKE_C_COMPILER={os.environ['CC']}",
              f"-DCMAKE_C_FLAGS={' '.join([*FLAGS, '-Wall', '-Wextra', '-Werror'])}")
    if not out.returncode:
        out = run("cmake", "--build", work / name)
    if tap.ok(not out.returncode, f"{name} builds", out.stdout + out.stderr):
        out = run(work / name / name, "--help",
                  env={**os.environ, "LD_LIBRARY_PATH": str(libdir)})
        tap.same(out.returncode, 0, f"{name} runs")


def check_outside(tap, prefix, libdir, examples, flags, work):
    """The same list by programs in C and C++ that find what is installed."""
    cxx = os.environ.get("CXX")
    if not cxx:
        tap.skip("list-devices in C++", "there is no compiler for it")
        return
    out = run(cxx, *FLAGS, "-std=c++17", "-Wall", "-Wextra", "-Werror",
              examples / "list-devices.cpp", "-o", work / "by-pkg-config", *flags)
    tap.ok(not out.returncode, "list-devices.cpp builds by pkg-config", out.stderr)
    out = run("cmake", "-S", examples / "outside", "-B", work / "outside",
              f"-DCMAKE_PREFIX_PATH={prefix}",
              f"-DCMAKE_C_COMPILER={os.environ['CC']}",
              f"-DCMAKE_CXX_COMPILER={cxx}",
              f"-DCMAKE_C_FLAGS={' '.join(FLAGS)}",
              f"-DCMAKE_CXX_FLAGS={' '.join(FLAGS)}")
    if not out.returncode:
        out = run("cmake", "--build", work / "outside")
    if not tap.ok(not out.returncode, "outside builds by find_package",
                  out.stdout + out.stderr):
        return
    programs = [work / "outside" / "list-devices",
                work / "outside" / "list-devices-cpp", work / "by-pkg-config"]
    runs = [run(p, "bus=pci", env={**os.environ, "LD_LIBRARY_PATH": str(libdir)})
            for p in programs]
    tap.same([r.returncode for r in runs], [0, 0, 0], "all of them run")
    tap.ok(len({r.stdout for r in runs}) == 1, "and list the same")
    wrong = [run(p, "no=filter", env={**os.environ, "LD_LIBRARY_PATH": str(libdir)})
             for p in programs]
    tap.same([r.returncode for r in wrong], [1, 1, 1], "and fail alike")
    tap.ok(len({r.stderr for r in wrong}) == 1, "with the same sentence",
           [r.stderr for r in wrong])


def check_examples(tap, root, prefix, libdir, work):
    """The examples and the README's program build with what is installed."""
    env = {
        **os.environ,
        "PKG_CONFIG_SYSROOT_DIR": str(root),
        "PKG_CONFIG_PATH": str(libdir / "pkgconfig"),
    }
    flags = run("pkg-config", "--cflags", "--libs", "libvdev", env=env).stdout.split()
    docs = Path(f"{root}{prefix}/share/doc/libvdev")
    blocks = re.findall(r"^```c\n(.*?)^```", (docs / "README.md").read_text(), re.M | re.S)
    tap.same(len(blocks), 1, "the README has a program")
    readme = work / "readme.c"
    readme.write_text("".join(blocks))
    programs = {p.stem: [p] for p in [readme, *(docs / "examples").glob("*.c")]}
    projects = [p.parent for p in (docs / "examples").glob("*/CMakeLists.txt")
                if p.parent.name != "outside"]
    check_outside(tap, f"{root}{prefix}", libdir, docs / "examples", flags, work)
    for project in projects:
        check_project(tap, f"{root}{prefix}", libdir, project, work)
    for main_c in (docs / "examples").glob("*/main.c"):
        if main_c.parent in projects:
            continue
        programs[main_c.parent.name] = sorted(main_c.parent.glob("*.c"))
    for name, sources in sorted(programs.items()):
        out = run(os.environ["CC"], *FLAGS, "-Wall", "-Wextra", "-Werror",
                  "-o", work / name, *sources, *flags)
        tap.ok(not out.returncode, f"{name} builds", out.stderr)


def check_unit(tap, top, prefix, work):
    """systemd reads the unit without complaint; of an instance it cannot tell."""
    if not shutil.which("systemd-analyze"):
        tap.skip("the systemd unit", "systemd-analyze is not installed")
        return
    texts = {}
    for kind in ("bind", "mdev"):
        text = (top / f"lib/systemd/system/vdev-{kind}@.service").read_text()
        text = text.replace("%i", "0000:01:00.0")
        texts[kind] = text.replace(f"{prefix}/bin/vdevctl", str(top / "bin/vdevctl"))
    for name, content in [("good", texts["bind"]), ("second", texts["mdev"]),
                          ("bad", texts["bind"].replace("Type=", "Typ="))]:
        unit = work / f"{name}.service"
        unit.write_text(content)
        out = run("systemd-analyze", "verify", "--man=no", unit)
        clean = not out.returncode and not out.stderr.strip()
        tap.same(clean, name != "bad", f"systemd reads a {name} unit")


def main():
    tap = Tap()
    settings = cache()
    prefix = settings["CMAKE_INSTALL_PREFIX"]
    with tempfile.TemporaryDirectory() as d:
        root, work = Path(d, "root"), Path(d, "work")
        work.mkdir()
        out = run("cmake", "--install", BUILD, env={**os.environ, "DESTDIR": str(root)})
        tap.ok(not out.returncode, "it installs", out.stdout + out.stderr)
        top = Path(f"{root}{prefix}")
        have = {str(f.relative_to(top)) for f in top.rglob("*") if not f.is_dir()}
        missing = sorted(expected_files(settings) - have)
        tap.same(missing, [], "files are in their places")
        outside = [str(f) for f in root.rglob("*") if not f.is_dir()
                   and top not in f.parents]
        tap.same(outside, [], "nothing is put outside of the prefix")
        build = [f for f in have if f.endswith((".pc", ".cmake", ".service"))
                 and (str(BUILD) in (top / f).read_text() or d in (top / f).read_text())]
        tap.same(build, [], "no file names the build folder")

        libdir = top / settings["CMAKE_INSTALL_LIBDIR"]
        check_pkg_config(tap, root, prefix, libdir, work)
        check_find_package(tap, root, prefix, libdir, work)
        check_examples(tap, root, prefix, libdir, work)
        check_unit(tap, top, prefix, work)
        vdevctl = run(top / "bin" / "vdevctl", "--version",
                      env={**os.environ, "LD_LIBRARY_PATH": str(libdir)})
        tap.ok(not vdevctl.returncode and VERSION in vdevctl.stdout,
               "the installed vdevctl runs", vdevctl.stdout + vdevctl.stderr)
    tap.done()


main()
