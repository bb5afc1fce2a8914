#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""limits.py PARAVANE: what `paravane run` says of groups and of files of limits that are wrong.

Before there is a guest: one line on standard error, and status 2. While it runs: one line, and it goes on. Exit
status: 0 passed, 1 failed.
"""
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

SECONDS = 30 * int(os.environ.get("PARAVANE_TIMEOUT_FACTOR", "1"))
NAME = "the name of a group is 1 to 32 letters, digits, - and _"
STAY = "; all rates stay as they were"

# What is wrong with a group alone. CLI11 says it in a line of its own.
GROUPS = [
    ("", NAME),
    (",iops=1", NAME),
    ("a b", NAME),
    ("a" * 33, NAME),
    ("g,iops", '"iops" is none of iops=N, bps=N, burst=MS'),
    ("g,", '"" is none of iops=N, bps=N, burst=MS'),
    ("g,ro=1", '"ro=1" is none of iops=N, bps=N, burst=MS'),
    ("g,iops=1,iops=2", '"iops" is there twice'),
    ("g,iops=0", '"iops=0": a number from 1 to 1000000000000 is needed'),
    ("g,bps=1T", '"bps=1T": a size such as 100M is needed, up to 1000000000000'),
    ("g,iops=1,burst=10001", '"burst=10001": a number from 1 to 10000 is needed'),
    ("g,burst=10", "a burst is of iops or of bps, and neither is there"),
]

# What is wrong with all of them together.
TOGETHER = [
    (["--disk", "null:1M,group=g"], "disk.0: there is no --group g"),
    (["--disk", "null:1M", "--disk", "null:1M,group=h", "--group", "g"], "group g: no disk is in it"),
    (["--disk", "null:1M,group=g", "--group", "g", "--group", "g,iops=1"], "group g is there twice"),
]

# A file of limits, and what is said of it behind its path.
FILES = [
    (None, ": No such file or directory"),
    ("", None),
    ("[disk.0]\niops = 5000\nbps = \"100M\"\n[group.g]\nburst = 5\n", None),
    ("[disk.0\n", ":1: Error while parsing table header: expected ']', saw '\\n'"),
    ("[disk.1]\n", ":1: disk.1: there is no such disk"),
    ("[group.h]\n", ":1: group.h: there is no such group"),
    ("[disk.0]\niops = 'many'\n", ":2: disk.0.iops: a number is needed"),
    ("[disk.0]\nbps = '1X'\n", ":2: disk.0.bps: a size such as 100M is needed, up to 1000000000000"),
    ("[disk.0]\nsize = 1\n", ':2: disk.0: "size" is none of iops, bps, burst'),
]


def command(paravane, *options, line="exit 0"):
    return [paravane, "run", "--vehicle", "process", "--cmdline", line, *options]


def run(paravane, *options):
    return subprocess.run(command(paravane, *options), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=SECONDS)


def check_start(paravane, limits):
    for group, why in GROUPS:
        ended = run(paravane, "--disk", "null:1M,group=g", "--group", group)
        assert ended.returncode == 2 and f"group {group}: {why}" in ended.stderr, f"{group}: {ended}"
        assert ended.stdout == "", f"{group}: says {ended.stdout!r}"
    for options, why in TOGETHER:
        ended = run(paravane, *options)
        assert (ended.returncode, ended.stdout) == (2, ""), f"{options}: {ended}"
        assert ended.stderr == f"paravane run: {why}\n", f"{options}: {ended.stderr}"
    for text, why in FILES:
        write(limits, text)
        ended = run(paravane, "--disk", "null:1M,group=g", "--group", "g", "--limits", limits)
        said = "" if why is None else f"paravane run: limits {limits}{why}\n"
        assert ended.returncode == (0 if why is None else 2), f"{text}: {ended}"
        assert ended.stderr == said, f"{text}: {ended.stderr!r}"


def write(limits, text):
    if text is not None:
        with open(limits, "w", encoding="utf-8") as file:
            file.write(text)
    elif os.path.exists(limits):
        os.unlink(limits)


def line_of(stream):
    """One line that comes in time; empty: none came for a while."""
    ready, _, _ = select.select([stream], [], [], SECONDS)
    return stream.readline() if ready else b""


def check_running(paravane, limits):
    write(limits, "")
    guest = subprocess.Popen(
        command(paravane, "--disk", "null:1M,group=g", "--group", "g", "--limits", limits, line="shell"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    try:
        said = b""
        while not said.endswith(b"keel> "):
            byte = guest.stdout.read(1)
            assert byte, f"it ended: {said}, {guest.stderr.read()}"
            said += byte
        for text, why in FILES:
            write(limits, text)
            guest.send_signal(signal.SIGUSR1)
            if why is not None:
                said = line_of(guest.stderr).decode()
                assert said == f"paravane run: limits {limits}{why}{STAY}\n", f"{text}: {said!r}"
            else:
                time.sleep(0.2)
                assert not select.select([guest.stderr], [], [], 0)[0], f"{text}: {line_of(guest.stderr)}"
        guest.stdin.write(b"exit 5\n")
        assert guest.wait(SECONDS) == 5, f"status {guest.returncode}"
    finally:
        guest.kill()
        guest.communicate()


def main():
    paravane = sys.argv[1]
    with tempfile.TemporaryDirectory() as directory:
        limits = os.path.join(directory, "limits.toml")
        try:
            check_start(paravane, limits)
            check_running(paravane, limits)
        except AssertionError as problem:
            print(f"limits: FAILED: {problem}")
            return 1
    print(f"limits: {len(GROUPS) + len(TOGETHER)} wrong command lines, {len(FILES)} files, twice")
    return 0


sys.exit(main())
