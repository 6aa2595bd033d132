#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong with the state of devices, many times in one session each.

Usage: migrate.py cut STREAM DEV            loads all that is cut off
       migrate.py spoilt STREAM DEV COUNT [SEED]   loads what is spoilt
       migrate.py broken STREAM DEV         breaks saving off at every byte
       migrate.py move FROM TO              sends from one to the other

Prints what is wrong, and exits 1 if anything is.
"""

import importlib.util
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).parent
SPEC = importlib.util.spec_from_file_location(
    "stream", HERE.parent / "streams" / "stream.py"
)
stream = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(stream)

faults = []


def expect(good, *what):
    if not good:
        faults.append(" ".join(str(w) for w in what))


def batch(lines, fds=()):
    """The entries of a session's document, in which failures are no end."""
    done = subprocess.run(
        ["vdevctl", "--json", "--quiet", "batch", "--keep-going", "-"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        pass_fds=fds,
    )
    expect(done.returncode in (0, 1, 7), "batch:", done.returncode)
    return json.loads(done.stdout)


# How often the device is looked at. One that had not come back from the last
# failure would be the reason of the next.
LOOK_EVERY = 16


def look(lines, n):
    if n % LOOK_EVERY == 0:
        lines.append("migrate info $d")


def check(entries, verb, commands):
    """Each command has failed with a reason, and the device runs."""
    found = {verb: 0, "info": 0}
    for entry in entries[1:]:
        word = entry["command"].split()[1]
        found[word] += 1
        if word == "info":
            result = entry["result"]
            expect(result and result["state"] == "running", entry)
            continue
        error = entry["error"]
        expect(error, entry["command"], "succeeded")
        if error:
            expect(len(error["message"]) > 20, entry)
            expect("in the state" not in error["message"], entry)
            expect(error["code"] in (1, 6), entry)
    expect(found[verb] == commands and found["info"], "ran", found)


def load_all(device, streams):
    """Half of them as files, which are read twice, half by FIFOs."""
    with tempfile.TemporaryDirectory() as work:
        lines = [f"d = device open {device}"]
        feeds = []
        for i, content in enumerate(streams):
            path = os.path.join(work, str(i))
            if i % 2:
                os.mkfifo(path)
                feeds.append((path, content))
            else:
                Path(path).write_bytes(content)
            lines.append(f"migrate load $d --from {path}")
            look(lines, i)

        def feed():
            for path, content in feeds:
                with open(path, "wb", buffering=0) as f:
                    try:
                        f.write(content)
                    except BrokenPipeError:
                        pass

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        check(batch(lines), "load", len(streams))
        feeder.join()


def cut(path, device):
    whole = Path(path).read_bytes()
    load_all(device, [whole[:n] for n in range(len(whole))])


def spoilt(path, device, count, seed="0"):
    whole = Path(path).read_bytes()
    seeds = range(int(seed), int(seed) + int(count))
    load_all(device, [stream.spoil(whole, n) for n in seeds])


def broken(path, device):
    """A reader that takes so many bytes and goes away."""
    length = len(Path(path).read_bytes())
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    lines, ends = [f"d = device open {device}"], []
    for n in range(length):
        reading, writing = socket.socketpair()
        # So that no more than n bytes are taken.
        reading.shutdown(socket.SHUT_WR)
        ends.append((reading, writing, n))
        how = "--precopy " if n % 2 else ""
        lines.append(f"migrate save $d {how}--to fd:{writing.fileno()}")
        look(lines, n)

    def read():
        for reading, _, n in ends:
            got = 0
            while got < n:
                got += len(reading.recv(n - got))
            reading.close()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    entries = batch(lines, [w.fileno() for _, w, _ in ends])
    # What a socket took before it was closed may have been all of it.
    failed = [e for e in entries if " save " in e["command"] and e["error"]]
    for entry in entries:
        if " info " in entry["command"]:
            expect(entry["result"]["state"] == "running", entry)
    for entry in failed:
        expect("cannot write the state" in entry["error"]["message"], entry)
    print(f"# {len(failed)} of {length} were broken off")


def peer(verb, device, end):
    return subprocess.Popen(
        ["vdevctl", "--json", "migrate", verb, device, "--socket",
         str(end.fileno()), "--timeout", "60"],
        pass_fds=[end.fileno()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def move(source, target):
    ends = socket.socketpair()
    peers = [peer("send", source, ends[0]), peer("receive", target, ends[1])]
    for end in ends:
        end.close()
    codes = []
    for p in peers:
        out, err = p.communicate()
        print(out or err)
        codes.append(p.returncode)
    print(f"# {codes}")
    expect(codes == [0, 0], "exit codes", codes)


def main():
    globals()[sys.argv[1]](*sys.argv[2:])
    for fault in faults[:20]:
        print("fault:", fault)
    sys.exit(1 if faults else 0)


main()
