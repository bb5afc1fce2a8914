#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A guest's disks, from the guest's programs to a file and back.
  blk.py PARAVANE KERNEL VEHICLE CASE
Exit status 0: as it should be; 1: a line says what was not; 77: there is no KVM here."""
import os
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

from console import Console, suspend
from programs import SECONDS, Wrong, expect

MIB = 1 << 20
LINE = re.compile(r"^@pv (blkcheck|blkbench) (.*)$", re.MULTILINE)


def figures(out, program):
    """The machine's line, as a dictionary."""
    for name, words in LINE.findall(out.decode()):
        if name == program:
            words = words.split()
            return dict(zip(words[::2], words[1::2]))
    raise Wrong(f"{program} said no figures: {out}")


class Disks(Console):
    """Guests with disks, and a directory for those."""

    def file(self, mib=64, name="disk"):
        path = self.directory / name
        with open(path, "wb") as disk:
            disk.truncate(mib * MIB)
        return path

    def check(self, disk, *options, line="blkcheck rounds=4000", interfere=None):
        """blkcheck's figures; `interfere(guest)` is called again and again meanwhile, and may raise."""
        guest = self.start(line, "--disk", str(disk), *options)
        while interfere and guest.poll() is None:
            interfere(guest)
        out, err = self.end(guest, line)
        counts = figures(out, "blkcheck")
        expect(counts["complete"] == "yes" and counts["errors"] == "0", f"{line}: {out}\n{err}")
        expect(int(counts["sectors"]) > 0 and int(counts["writes"]) > 0, f"{line}: nothing was checked: {out}")
        return counts, err.decode()

    def backends(self, guest, name="paravane-blk"):
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            comm, rest = stat[stat.index("(") + 1:].rsplit(")", 1)
            fields = rest.split()
            if comm == name and int(fields[1]) == guest.pid and fields[0] != "Z":
                found.append(int(entry.name))
        return found


def check_file(disks):
    counts, _ = disks.check(disks.file())
    print(counts)


def check_buffered(disks):
    disks.check(f"{disks.file()},cache=buffered")


def check_memory(disks):
    disks.check("mem:64M")


def check_queues(disks):
    disks.check(disks.file(), "--vcpus", "2", line="blkcheck rounds=6000 queues=2")


def check_deep(disks):
    disks.check(f"{disks.file()},depth=1024", line="blkcheck rounds=4000 depth=256")


def check_suspended(disks):
    times = 0

    def interfere(guest):
        nonlocal times
        time.sleep(0.2)
        if times < 5 and guest.poll() is None:
            suspend(guest)
            times += 1

    counts, _ = disks.check(disks.file(), line="blkcheck rounds=20000", interfere=interfere)
    expect(times >= 2, f"it was over after {times} suspends")
    expect(int(counts["connections"]) >= 2, f"there was one connection: {counts}")


def killed(disks, kills, *options, queues=1):
    """Its backend is killed at random times. The guest is not to notice, its data least of all."""
    times = 0
    took = []

    def interfere(guest):
        nonlocal times
        time.sleep(random.uniform(0.02, 0.1))
        for backend in disks.backends(guest) if times < kills else ():
            os.kill(backend, signal.SIGKILL)
            times += 1

    while times < kills:
        counts, err = disks.check(disks.file(), "--vcpus", str(queues), *options,
                                  line=f"blkcheck rounds=40000 queues={queues}", interfere=interfere)
        took += [int(ms) for ms in re.findall(r"took (\d+) ms to drain", err)]
        print(f"{times} kills so far; {counts}")
    took.sort()
    print(f"{times} kills, {len(took)} drains of something: "
          f"median {took[len(took) // 2] if took else 0} ms, longest {took[-1] if took else 0} ms")


def check_killed(disks):
    killed(disks, 40)


def check_killed_queues(disks):
    killed(disks, 40, queues=2)


def rates(disks):
    """Of requests and of bytes, within 5 %."""
    for options, line, key, wanted in (
            ("iops=2000,burst=50", "blkbench rw=randread size=4K depth=8 time=2s", "iops", 2000),
            ("iops=500,burst=50", "blkbench rw=randwrite size=64K depth=8 time=2s", "iops", 500),
            ("bps=20M,burst=50", "blkbench rw=randread size=16K depth=8 time=2s", "bytes-a-second", 20 * MIB)):
        out, _ = disks.run(line, "--disk", f"null:1G,{options}")
        got = int(figures(out, "blkbench")[key])
        print(f"{options}: {got}, {100 * (got / wanted - 1):+.2f} %")
        expect(abs(got / wanted - 1) <= 0.05, f"{options}: {got} a second, not {wanted}")


def limits(disks):
    """Of a guest that goes on while they change, before it begins to count; within 5 %, of which a burst that is saved
    while the host does other things is less."""
    file = disks.directory / "limits.toml"
    for before, text, disk, size, wanted in (
            ("[disk.0]\niops = 1000\n", "", 0, "4K", 3000),
            ("", "[disk.0]\niops = 500\n", 0, "512", 500),
            ("[disk.0]\niops = 1\n", "[disk.0]\niops = 5000\n", 0, "4K", 5000),
            ("", "[disk.0]\niops = 0\n[group.both]\nbps = '128M'\nburst = 40\n", 0, "1M", 128),
            ("[disk.1]\nbps = '32M'\n", "[disk.1]\niops = 'many'\n", 1, "64K", 512)):
        file.write_text(before)
        line = f"blkbench rw=randread disk={disk} size={size} depth=8 warmup=2s time=1s"
        guest = disks.start(line, "--disk", "null:1G,iops=3000,burst=40,group=both", "--disk",
                            "null:1G,group=both", "--group", "both", "--limits", str(file))
        time.sleep(1)
        file.write_text(text)
        guest.send_signal(signal.SIGUSR1)
        out, err = disks.end(guest, line)
        got = int(figures(out, "blkbench")["iops"])
        print(f"{text!r}: {got} of {size}, {100 * (got / wanted - 1):+.2f} %")
        expect(abs(got / wanted - 1) <= 0.05, f"{text!r}: {got} a second, not {wanted}")
        stays = b"all rates stay as they were\n" in err
        expect(stays == ("many" in text), f"{text!r}: said {err}")


def bench(disks):
    for disk in ("null:1G", "mem:64M", disks.file()):
        out, _ = disks.run("blkbench rw=randread size=4K depth=32 time=200ms", "--disk", str(disk))
        counts = figures(out, "blkbench")
        expect(counts["errors"] == "0" and int(counts["requests"]) > 100, f"{disk}: {counts}")


def read_only(disks):
    file = disks.file()
    before = file.read_bytes()
    out, _ = disks.run("blkbench rw=randread depth=4 time=50ms", "--disk", f"{file},ro")
    expect(figures(out, "blkbench")["errors"] == "0", f"{out}")
    out, _ = disks.run("blkbench rw=randwrite depth=4 time=50ms", "--disk", f"{file},ro", status=1)
    expect(b"read-only" in out, f"said {out}")
    expect(file.read_bytes() == before, "it was written")


def resized(disks):
    file = disks.file()
    guest = disks.start("blkinfo watch", "--disk", str(file))
    try:
        seen = b""
        for mib in (64, 96, 97):
            with open(file, "r+b") as disk:
                disk.truncate(mib * MIB)
            if mib > 64:
                guest.send_signal(signal.SIGUSR1)
            wanted = b"@pv blkinfo" + (b" sectors %d " if mib == 64 else b"-size %d\n") % (mib * MIB // 512)
            while wanted not in seen:
                line = guest.stdout.readline()
                if not line:
                    raise Wrong(f"it ended at {mib} MiB: {seen} {guest.stderr.read()}")
                seen += line
    finally:
        guest.kill()
        guest.communicate()


CASES = {
    "file": check_file, "buffered": check_buffered, "memory": check_memory, "queues": check_queues,
    "deep": check_deep, "suspended": check_suspended, "killed": check_killed,
    "killed-queues": check_killed_queues, "rates": rates, "limits": limits, "bench": bench, "read-only": read_only,
    "resized": resized,
}


def main():
    paravane, kernel, vehicle, case = sys.argv[1:]
    if vehicle == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        print("SKIP: /dev/kvm cannot be used")
        sys.exit(77)
    # Not where a tmpfs may lie, which has no O_DIRECT on older kernels.
    with tempfile.TemporaryDirectory(prefix="paravane-blk-", dir="/var/tmp") as directory:
        try:
            CASES[case](Disks(paravane, kernel, vehicle, directory))
        except Wrong as wrong:
            print(f"{case} on {vehicle}: {wrong}")
            sys.exit(1)
    print(f"{case} on {vehicle}: as it should be")


if __name__ == "__main__":
    main()
