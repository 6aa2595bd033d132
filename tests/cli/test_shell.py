#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vdevctl shell on a terminal: editing, history, completion, Ctrl-C.

    test_shell.py VDEVCTL SOURCE
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

VDEVCTL, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
sys.path[:0] = [os.path.join(SOURCE, "tests", "fixtures"),
                os.path.join(SOURCE, "tests")]
import mktree  # noqa: E402
from tap import Tap  # noqa: E402

TAP = Tap()
check = TAP.ok
PROMPT = "vdevctl> "


class Shell:
    def __init__(self, *args, env=None):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", COLUMNS="200",
                              **(env or {}))
            os.execv(VDEVCTL, [VDEVCTL, *args, "shell"])
        self.seen = ""
        self.status = None

    def wait(self, text, timeout=20):
        """What is printed up to a text that comes; None if it does not."""
        end = time.monotonic() + timeout
        while text not in self.seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                print("# waited for", repr(text), "saw", repr(self.seen))
                return None
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                print("# ended; waited for", repr(text), "saw",
                      repr(self.seen))
                return None
            # Colours and movements are not what is looked at.
            self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x07", "",
                                data.decode(errors="replace")
                                ).replace("\r", "")
        before, self.seen = self.seen.split(text, 1)
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def run(self, line):
        """Types a line; what it prints."""
        self.type(line + "\n")
        self.wait("\n")
        return self.wait(PROMPT) or ""

    def end(self):
        """Waits for the end; the exit status."""
        rest = b""
        while True:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            rest += data
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        code = os.waitstatus_to_exitcode(status)
        if code:
            print("# " + rest.decode(errors="replace").replace("\n", "\n# "))
        return code


def test_commands(root):
    shell = Shell(root)
    check(shell.wait(PROMPT) is not None, "there is a prompt")
    check("0000:01:00.0" in shell.run("list"), "a command is run")
    check("ram: memory, 64 KiB" in shell.run("ram = memory alloc 64K"),
          "an object is made")
    check("there is no command 'lsit'" in shell.run("lsit"),
          "a wrong one is told")
    check("quote is not closed" in shell.run("list 'x"),
          "so is a line that is none")
    check(shell.run("") == "" and shell.run("# x") == "",
          "an empty line is nothing")
    check(re.search(r"ram +memory +- +2", shell.run("objects")) is not None,
          "it is still there, with its line")
    check("does not work within" in shell.run("shell"),
          "a shell in a shell is refused")
    shell.type("exit\n")
    check(shell.end() == 0, "exit ends it")


def test_end(root):
    shell = Shell(root)
    shell.wait(PROMPT)
    shell.type("\x04")
    check(shell.end() == 0, "Ctrl-D ends it")
    for number in (signal.SIGTERM, signal.SIGHUP):
        shell = Shell(root)
        shell.wait(PROMPT)
        os.kill(shell.pid, number)
        check(shell.end() == 0, f"{number.name} ends it at the prompt")


def test_give_up(root):
    shell = Shell(root)
    shell.wait(PROMPT)
    shell.type("lsit\x03")
    check("^C" in (shell.wait(PROMPT) or ""), "Ctrl-C gives up a line")
    check("0000:01:00.0" in shell.run("list"), "and not the shell")
    shell.type("lsi")
    shell.wait("lsi")
    os.kill(shell.pid, signal.SIGINT)
    check(shell.wait(PROMPT) is not None, "so does SIGINT")
    shell.run("ram = memory alloc 256M")
    shell.type("memory checksum $ram\n")
    shell.wait("\n")
    time.sleep(0.1)
    shell.type("\x03")
    said = shell.wait(PROMPT)
    check(said is not None and ("interrupted" in said or "0x" in said),
          "Ctrl-C ends a command")
    check("ram" in shell.run("objects"), "and not the session")
    shell.type("exit\n")
    shell.end()


def test_editing(root):
    shell = Shell(root)
    shell.wait(PROMPT)
    shell.type("lXist\x01\x06\x04\n")
    check("0000:01:00.0" in (shell.wait("\n" + PROMPT) or ""),
          "a line is edited")
    shell.type("\x10\x05 --no-header\n")
    said = shell.wait("\n" + PROMPT) or ""
    check("list --no-header" in said and "ADDRESS" not in said,
          "and brought back from the history")
    shell.type("x\u00e4\u00f6\x08\x08\x08list --columns driver\n")
    check("igb" in (shell.wait("\n" + PROMPT) or ""),
          "characters of several bytes are one")
    shell.type("exit\n")
    shell.end()


def test_history(root, work):
    state = os.path.join(work, "deep", "state")
    env = {"XDG_STATE_HOME": state}
    file = os.path.join(state, "vdevctl", "history")
    shell = Shell(root, env=env)
    shell.wait(PROMPT)
    shell.run("list --no-header")
    shell.run("lsit")
    os.kill(shell.pid, signal.SIGKILL)
    shell.end()
    with open(file, encoding="utf-8") as f:
        TAP.same(f.read(), "list --no-header\nlsit\n", "what was typed is kept")
    TAP.same(oct(os.stat(file).st_mode & 0o777), "0o600", "for its user")
    shell = Shell(root, env=env)
    shell.wait(PROMPT)
    shell.type("\x10\x10\n")
    check("igb" in (shell.wait("\n" + PROMPT) or ""), "and brought back")
    shell.type("exit\n")
    shell.end()
    with open(file, "w", encoding="utf-8") as f:
        f.writelines(f"line {i}\n" for i in range(2001))
    shell = Shell(root, env=env)
    shell.wait(PROMPT)
    shell.type("\x10")
    check(shell.wait("line 2000") is not None, "the last one is first")
    shell.type("\x03")
    shell.wait(PROMPT)
    shell.type("\x04")
    shell.end()
    with open(file, encoding="utf-8") as f:
        lines = f.read().splitlines()
    TAP.same((len(lines), lines[0], lines[-1]),
             (1000, "line 1001", "line 2000"), "the last thousand are kept")
    TAP.same(os.listdir(os.path.dirname(file)), ["history"], "nothing else")
    shell = Shell(root, env={"XDG_STATE_HOME": "/proc/nowhere"})
    shell.wait(PROMPT)
    check("igb" in shell.run("list"), "without a place nothing is missed")
    shell.type("exit\n")
    TAP.same(shell.end(), 0, "nor fails")


def test_completion(root, work):
    shell = Shell(root)
    shell.wait(PROMPT)

    def completes(typed, added, name):
        shell.type(typed + "\t")
        # The editor moves over a space that is on the screen already.
        check(shell.wait(typed) is not None and
              shell.wait(added.lstrip()) is not None, name)
        shell.type("\x03")
        shell.wait(PROMPT)

    def lists(typed, *words):
        shell.type(typed + "\t")
        said = shell.wait("\n" + PROMPT + typed)
        check(said is not None and all(w in said.split() for w in words),
              f"'{typed}' lists {' '.join(words)}")
        shell.type("\x03")
        shell.wait(PROMPT)

    shell.run("ram = memory alloc 4K")
    shell.run("rest = memory alloc 4K")
    completes("obj", "ects ", "a command")
    lists("x = io", "ioas", "iommu")
    completes("memory al", "loc ", "a verb")
    completes("y = memory alloc 4K --hu", "ge", "an option")
    completes("list --columns vendor_i", "d ", "the word of an option")
    completes("list --columns=address,vendor_i", "d ", "the next of several")
    completes("ioas map --access=w", "rite ", "the argument behind a '='")
    completes("memory fill $ra", "m ", "an object")
    completes("ioas alloc --iommu=$re", "st ", "an object of an option")
    completes("show 0000:01", ":00.0 ", "a device")
    completes("bind --driver ig", "b ", "a driver")
    completes("list class=acc", "elerator ", "a filter")
    completes("help memory chec", "ksum ", "the command that help takes")
    completes(f"memory file {work}/with", "\\ space ", "a file, quoted")
    completes(f"memory file '{work}/with", " space' ", "a file in quotes")
    completes(f"collect {work}/direc", "tory/", "a directory")
    lists("memory ", "alloc", "file", "fill", "checksum")
    lists("memory fill $r", "$ram", "$rest")
    lists("group ", "list", "show")
    shell.type("memory nothing\t")
    check(shell.wait("memory nothing") is not None, "nothing is no harm")
    shell.type("\x03")
    shell.wait(PROMPT)
    shell.type("exit\n")
    check(shell.end() == 0, "and the shell goes on")


def test_no_terminal():
    done = subprocess.run([VDEVCTL, "shell"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    check(done.returncode == 2 and "vdevctl batch" in done.stderr,
          "without a terminal it is refused")


def main():
    with tempfile.TemporaryDirectory() as work:
        mktree.make("igb", os.path.join(work, "igb"))
        for name in ("with space", "directory/x"):
            path = os.path.join(work, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write("x" * 4096)
        os.environ["XDG_STATE_HOME"] = os.path.join(work, "state")
        root = "--root=" + os.path.join(work, "igb")
        test_commands(root)
        test_end(root)
        test_give_up(root)
        test_editing(root)
        test_history(root, work)
        test_completion(root, work)
        test_no_terminal()
    TAP.done()


main()
