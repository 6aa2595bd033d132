# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine with mediated devices in a directory, for MDEVCTL_ENV_ROOT."""

import fcntl
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

MDEVS = "sys/bus/mdev/devices"
PARENTS = "sys/class/mdev_bus"
CONFIG = "etc/mdevctl.d"
SCRIPTS = ("usr/lib/mdevctl/scripts.d", "etc/mdevctl.d/scripts.d")


class Kernel(threading.Thread):
    """Makes and removes devices as they are written to the tree.

    A write to sysfs returns when all is done. Here the program is stopped by
    the signal that comes of its write, and goes on once all is done.
    """

    F_SETSIG = 10

    def __init__(self):
        super().__init__()
        self.files = {}
        self.writers = []
        self.seen = []
        self.wake = os.pipe()
        self.pid = 0
        # Held until the pid of a program that may already run is known.
        self.starting = threading.Lock()

    def watch(self, path, act):
        if os.path.exists(path):
            return
        os.mkfifo(path)
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.files[fd] = (path, act)
        # Its end tells nothing while there is another writer.
        self.writers.append(os.open(path, os.O_WRONLY))
        if self.pid:
            self.stop_on(fd)
        os.write(self.wake[1], b"+")

    def stop_on(self, fd):
        fcntl.fcntl(fd, self.F_SETSIG, signal.SIGSTOP)
        fcntl.fcntl(fd, fcntl.F_SETOWN, self.pid)
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)

    def serve(self):
        """In the program, before it is executed."""
        self.pid = os.getpid()
        for fd in self.files:
            self.stop_on(fd)

    def go_on(self):
        """The signal may come a moment after what was written."""
        try:
            while True:
                with open(f"/proc/{self.pid}/stat", encoding="utf-8") as f:
                    if f.read().rsplit(")", 1)[1].split()[0] in "TZX":
                        break
                time.sleep(0.001)
            os.kill(self.pid, signal.SIGCONT)
        except (FileNotFoundError, ProcessLookupError):
            pass

    def run(self):
        while True:
            ready = select.select([self.wake[0], *self.files], [], [])[0]
            for fd in ready:
                if fd == self.wake[0]:
                    if not os.read(fd, 1):
                        return
                    continue
                path, act = self.files[fd]
                text = os.read(fd, 4096).decode()
                self.seen.append((path, text))
                with self.starting:
                    act(path, text)
                    self.go_on()

    def end(self):
        os.close(self.wake[1])
        if self.is_alive():
            self.join()
        for fd in (self.wake[0], *self.files, *self.writers):
            os.close(fd)


class Machine:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="mdevctl-machine-")
        self.kernel = Kernel()
        for path in (MDEVS, PARENTS, CONFIG, "cwd"):
            os.makedirs(self.path(path))
        for path in SCRIPTS:
            os.makedirs(self.path(path, "callouts"))
            os.makedirs(self.path(path, "notifiers"))

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def close(self):
        self.kernel.end()
        shutil.rmtree(self.root)

    def write(self, text, *path):
        with open(self.path(*path), "w", encoding="utf-8") as f:
            f.write(text)

    def add_parent(self, parent, mdev_type, instances=1, device_api="",
                   name="", description=None):
        """A parent with a type, or another type of one. Return: its path."""
        path = self.path(PARENTS, parent, "mdev_supported_types", mdev_type)
        os.makedirs(path, exist_ok=True)
        self.write(str(instances), path, "available_instances")
        self.write(device_api, path, "device_api")
        self.write(name, path, "name")
        if description is not None:
            self.write(description, path, "description")
        self.kernel.watch(
            os.path.join(path, "create"),
            lambda _, uuid: self.appear(uuid, parent, mdev_type))
        return path

    def appear(self, uuid, parent, mdev_type):
        path = self.path(PARENTS, parent, uuid)
        os.makedirs(path, exist_ok=True)
        link = self.path(MDEVS, uuid)
        if not os.path.lexists(link):
            os.symlink(os.path.join("../../../class/mdev_bus", parent, uuid),
                       link)
        os.symlink("../../../../bus/mdev/drivers/vfio_mdev",
                   os.path.join(path, "driver"))
        os.symlink(os.path.join("../mdev_supported_types", mdev_type),
                   os.path.join(path, "mdev_type"))
        self.write("", path, "attribute")
        self.kernel.watch(os.path.join(path, "remove"),
                          lambda *_: self.vanish(uuid, path))

    def vanish(self, uuid, path):
        os.unlink(self.path(MDEVS, uuid))
        shutil.rmtree(path)

    def add_script(self, text, *path):
        self.write(text, *path)
        os.chmod(self.path(*path), 0o755)

    def run(self, program, *args, text=None, env=None):
        """Runs a program on the machine, with `text` on its input."""
        env = {**os.environ, "MDEVCTL_ENV_ROOT": self.root, **(env or {})}
        with self.kernel.starting:
            process = subprocess.Popen(
                [program, *args], env=env, cwd=self.path("cwd"),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True,
                preexec_fn=self.kernel.serve)
            self.kernel.pid = process.pid
            if self.kernel.ident is None:
                self.kernel.start()
        with process:
            try:
                stdout, stderr = process.communicate(text, timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(args, process.returncode, stdout,
                                           stderr)

    def definition(self, parent, uuid):
        """The text of a definition, or None."""
        path = self.path(CONFIG, parent, uuid)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8", newline="") as f:
            return f.read()
