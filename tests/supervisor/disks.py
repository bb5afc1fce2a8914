#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""disks.py PARAVANE: what `paravane run` says of disks that cannot be, before there is a guest.

Each is one line on standard error, status 2, and nothing changed. Exit status: 0 passed, 1 failed.
"""
import fcntl
import os
import struct
import subprocess
import sys
import tempfile

NONE_OF = ('is none of ro, serial=TEXT, queues=N, depth=N, cache=direct, cache=buffered, iops=N, bps=N, burst=MS, '
           'group=NAME, core=N, isolate')
POWER = "a power of two from 2 to 32768 is needed"
SERIAL = "1 to 64 letters, digits and signs of ASCII are needed"

# What is wrong with the command line alone. CLI11 says it in a line of its own.
WRONG = [
    ("", "a path is missing"),
    (",ro", "a path is missing"),
    ("d,", f'"" {NONE_OF}'),
    ("d,rw", f'"rw" {NONE_OF}'),
    ("d,ro=1", f'"ro=1" {NONE_OF}'),
    ("d,serial", f'"serial" {NONE_OF}'),
    ("d,ro,ro", '"ro" is there twice'),
    ("d,depth=2,depth=4", '"depth" is there twice'),
    ("d,serial=", SERIAL),
    ("d,serial=" + "x" * 65, SERIAL),
    ("d,serial=a b", SERIAL),
    ("d,queues=0", "a number from 1 to 32 is needed"),
    ("d,queues=33", "a number from 1 to 32 is needed"),
    ("d,queues=1x", "a number from 1 to 32 is needed"),
    ("d,queues=-1", "a number from 1 to 32 is needed"),
    ("d,queues=4294967297", "a number from 1 to 32 is needed"),
    ("d,depth=1", POWER),
    ("d,depth=3", POWER),
    ("d,depth=65536", POWER),
    ("d,depth=4294967298", POWER),
    ("d,cache=none", "direct or buffered is needed"),
    ("d,iops=0", "a number from 1 to 1000000000000 is needed"),
    ("d,iops=99999999999999999999", "a number from 1 to 1000000000000 is needed"),
    ("d,bps=0", "a size such as 100M is needed, up to 1000000000000"),
    ("d,bps=1T", "a size such as 100M is needed, up to 1000000000000"),
    ("d,bps=x", "a size such as 100M is needed, up to 1000000000000"),
    ("d,iops=1,burst=0", "a number from 1 to 10000 is needed"),
    ("d,group=", "the name of a group is 1 to 32 letters, digits, - and _"),
    ("d,group=a/b", "the name of a group is 1 to 32 letters, digits, - and _"),
    ("d,burst=10", "a burst is of iops or of bps, and neither is there"),
    ("d,core=x", 'processors such as 0,2-3 are needed, not "x"'),
    ("d,core=1-", 'processors such as 0,2-3 are needed, not "1-"'),
    ("d,core=1-0", 'processors such as 0,2-3 are needed, not "1-0"'),
    ("d,core=0,,", 'processors such as 0,2-3 are needed, not "0,"'),
    ("d,core=1000", "processor 1000 is not there, or not ours to use"),
    ("d,isolate=yes", f'"isolate=yes" {NONE_OF}'),
    ("d,isolate=", f'"isolate=" {NONE_OF}'),
    ("d,isolate,isolate", '"isolate" is there twice'),
    ("null:", '"" is not a size: try 64M, or a number of bytes, K, M, G or T'),
    ("null:1X", '"1X" is not a size: try 64M, or a number of bytes, K, M, G or T'),
    ("null:8388608T", '"8388608T" is not a size: try 64M, or a number of bytes, K, M, G or T'),
    ("mem:1M,cache=buffered", "only a file has a cache"),
]


def run(paravane, *disks):
    command = [paravane, "run", "--vehicle", "process", "--cmdline", "exit 0"]
    for disk in disks:
        command += ["--disk", disk]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def refused(paravane, *disks):
    """The one line."""
    ended = run(paravane, *disks)
    assert ended.returncode == 2, f"{disks}: status {ended.returncode}: {ended.stderr}"
    assert ended.stdout == "", f"{disks}: says {ended.stdout!r}"
    lines = ended.stderr.splitlines()
    assert len(lines) >= 1, f"{disks}: says nothing"
    return lines


def accepted(paravane, *disks):
    ended = run(paravane, *disks)
    assert (ended.returncode, ended.stderr) == (0, ""), f"{disks}: {ended}"


def lock(path, kind):
    """Of an open file description, as another guest's command has it."""
    descriptor = os.open(path, os.O_RDWR)
    fcntl.fcntl(descriptor, 37, struct.pack("hhqqi4x", kind, 0, 0, 0, 0))
    return descriptor


def check_files(paravane, directory):
    def at(name, size=None):
        path = os.path.join(directory, name)
        if size is not None:
            with open(path, "wb") as file:
                file.truncate(size)
        return path

    good = at("good", 1 << 20)
    for disk, why in [
        (at("missing"), "No such file or directory"),
        (directory, "it is a directory"),
        (at("empty", 0) + ",cache=buffered", "it is empty"),
        (at("odd", 1 << 20 | 1) + ",cache=buffered",
         "its size, 1048577 bytes, is no multiple of its sector, 512"),
        ("/proc/version,ro", "its file system has no direct I/O: use cache=buffered"),
        (at("two,,commas"), "No such file or directory"),
    ]:
        path = disk.removesuffix(",cache=buffered").removesuffix(",ro").replace(",,", ",")
        lines = refused(paravane, disk)
        assert lines == [f"paravane run: disk {path}: {why}"], f"{disk}: {lines}"
    # A good one before it is given back.
    assert refused(paravane, good + ",cache=buffered", at("missing")) == [
        f"paravane run: disk {at('missing')}: No such file or directory"]
    assert refused(paravane, good + ",cache=buffered", good + ",ro,cache=buffered") == [
        f"paravane run: disk {good}: another guest has it for writing"]
    held = lock(good, fcntl.F_WRLCK)
    assert refused(paravane, good + ",cache=buffered") == [
        f"paravane run: disk {good}: another guest has it for writing"]
    os.close(held)
    held = lock(good, fcntl.F_RDLCK)
    assert refused(paravane, good + ",cache=buffered") == [
        f"paravane run: disk {good}: another guest reads it: only more readers may (ro)"]
    os.close(held)
    assert refused(paravane, *["null:1M"] * 17) == ["paravane run: a guest has at most 16 disks"]
    assert refused(paravane, "null:1000") == [
        "paravane run: a null disk: its size, 1000 bytes, is no multiple of its sector, 512"]
    assert sorted(os.listdir(directory)) == ["empty", "good", "odd"], os.listdir(directory)


def main():
    paravane = sys.argv[1]
    try:
        for disk, why in WRONG:
            text = "\n".join(refused(paravane, disk))
            assert why in text and f"disk {disk}: " in text, f"{disk}: {text}"
        accepted(paravane, "null:1M,isolate", "mem:1M,ro,isolate,depth=4")
        with tempfile.TemporaryDirectory() as directory:
            check_files(paravane, directory)
    except AssertionError as problem:
        print(f"disks: FAILED: {problem}")
        return 1
    print(f"disks: {len(WRONG)} wrong command lines, good ones, and files that are no disks")
    return 0


sys.exit(main())
