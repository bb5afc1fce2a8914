#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""disks.py BIN VEHICLE TEST: disks whose backends were taken over, and do to the guest what they like.

paravane-test-hostile-blk lies in the place of paravane-blk, beside copies of the other programs. The guest is to
leave it by the name of the rule that it broke, to lose nothing of what it has asked for, and to end in good order.
Exit status: 0 passed, 1 failed, 77 there is no KVM here.
"""
import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time

from family import Guests, by_name, carriers, children_of, expect, main, name_of, until

PROGRAMS = ("paravane", "paravane-domain", "paravane-process-guest", "paravane-console", "keel")
HOSTILE = "paravane-test-hostile-blk"
FOR_EVER = 1_000_000

# What the guest says of it. These answer nothing, so that all must be as the guest has written it.
MUTE = {
    "unknown-id": "unknown response id",
    "idle-id": "response id not pending",
    "status-above": "status out of range",
    "status-below": "status out of range",
    "reserved-head": "reserved response bytes not zero",
    "reserved": "reserved response bytes not zero",
    "producer-past": "producer index past the size",
    "producer-back": "producer index going back",
    "producer-state": "unknown ring state",
    "closed": "it has closed its ring",
    "anything": "",
}
# And these say that something is done, which it is not.
LIARS = {
    "twice": "response id not pending",
    "consumer-past": "consumer index past the producer",
    "consumer-back": "consumer index going back",
}
LEFT = "blk 0: the backend is left: queue 0: "


class Stage:
    """Guests with a hostile backend."""

    def __init__(self, guests, folder):
        programs = os.path.dirname(guests.program)
        self.guests = Guests(folder, guests.vehicle)
        self.guests.started = guests.started  # and ended with the others
        self.folder = folder
        self.true = os.path.join(programs, "paravane-blk")
        for name in PROGRAMS:
            put(os.path.join(programs, name), os.path.join(folder, name))
        put(os.path.join(os.path.dirname(programs), "tests", "bin", HOSTILE), os.path.join(folder, "paravane-blk"))

    def start(self, way, times, program, *options):
        """`times` processes are hostile, and the others true."""
        self.starts_file = os.path.join(self.folder, f"starts-{len(self.guests.started)}")
        os.environ.update(PARAVANE_TEST_WAY=way, PARAVANE_TEST_TIMES=str(times), PARAVANE_TEST_TRUE=self.true,
                          PARAVANE_TEST_STARTS=self.starts_file)
        return self.guests.start(program, *options)

    def starts(self):
        return os.path.getsize(self.starts_file) if os.path.exists(self.starts_file) else 0

    def run(self, way, times, program, *options):
        guest = self.start(way, times, program, *options)
        out, err = guest.communicate(timeout=120)
        expect(guest.returncode == 0, f"{way}: ended with {guest.returncode}: {out}{err}")
        return out, err


def put(source, place):
    """There under its own name, since a program finds others beside itself."""
    try:
        os.link(source, place)
    except OSError:
        shutil.copy2(source, place)


@contextlib.contextmanager
def stage(guests):
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.dirname(guests.program))) as folder:
        yield Stage(guests, folder)


def figures(out, program):
    words = re.search(rf"^@pv {program} (.*)$", out, re.MULTILINE)
    expect(words, f"{program} said no figures: {out}")
    words = words[1].split()
    return dict(zip(words[::2], words[1::2]))


def check_left(way, rule, times, out):
    left = [line for line in out.splitlines() if line.startswith(LEFT)]
    expect(len(left) == times and all(line.startswith(LEFT + rule) for line in left),
           f"{way}: it was to be left {times} times for {rule!r}: {out}")


def ends(guest, status, seconds=30):
    """Asked once, by itself."""
    guest.send_signal(signal.SIGINT)
    out, err = guest.communicate(timeout=seconds)
    expect(guest.returncode == status, f"ended with {guest.returncode}, not {status}: {out}{err}")
    return out, err


def disk_backend_breaks_each_rule(guests):
    """All that was asked for is done by the true one, which comes third."""
    times = 2
    with stage(guests) as here:
        for way, rule in MUTE.items():
            out, _ = here.run(way, times, "blkcheck rounds=500 region=1M depth=24", "--disk", "mem:4M")
            counts = figures(out, "blkcheck")
            expect(counts["complete"] == "yes" and counts["errors"] == "0", f"{way}: {out}")
            expect(int(counts["sectors"]) > 0, f"{way}: nothing was verified: {out}")
            check_left(way, rule, times, out)
            expect(int(counts["connections"]) == times + 1 == here.starts(),
                   f"{way}: {here.starts()} processes, {counts}")
    return f"{len(MUTE)} ways, each left by its name, and nothing lost"


def disk_backend_answers_wrongly(guests):
    """What was read is not looked at; that there is an end, is."""
    times = 2
    with stage(guests) as here:
        for way, rule in LIARS.items():
            out, _ = here.run(way, times, "blkbench rw=randread size=4K depth=24 time=200ms", "--disk",
                              "null:64M,depth=32")
            expect(figures(out, "blkbench")["errors"] == "0", f"{way}: {out}")
            check_left(way, rule, times, out)
            expect(here.starts() == times + 1, f"{way}: {here.starts()} processes")
    return f"{len(LIARS)} ways, each left by its name"


def disk_backend_never_keeps_the_rules(guests):
    """The guest tries again and again, ever more seldom; and ends when it is asked to."""
    with stage(guests) as here:
        neighbour = guests.start("blkcheck rounds=3000 region=1M", "--disk", "mem:4M")
        guest = here.start("unknown-id", FOR_EVER, "blkinfo", "--disk", "mem:4M")
        expect(until(lambda: here.starts() >= 4), f"only {here.starts()} connections")
        began, before = time.monotonic(), here.starts()
        time.sleep(3)
        rate = (here.starts() - before) / (time.monotonic() - began)
        expect(rate <= 3, f"{rate:.1f} connections a second")
        family = carriers(guest)
        out, _ = ends(guest, 1)
        expect(out.count(LEFT + MUTE["unknown-id"]) >= 4, f"it said {out}")
        expect(figures(out, "blkinfo")["identify"] == "1", f"it said {out}")
        expect(until(lambda: not any(name_of(pid).startswith("paravane") for pid in family.values())),
               "processes are left behind")
        out, err = neighbour.communicate(timeout=60)
        expect(neighbour.returncode == 0, f"the neighbour ended with {neighbour.returncode}: {out}{err}")
    return f"{before} connections, then {rate:.1f} a second; the neighbour's disk is well"


def disk_backend_is_silent(guests):
    """The guest waits, is suspended and resumed meanwhile, and ends when it is asked to."""
    with stage(guests) as here:
        guest = here.start("silent", FOR_EVER, "blkinfo", "--disk", "mem:4M")
        expect(until(lambda: here.starts() == 1), "it is not connected")
        time.sleep(0.5)
        for turn in range(3):
            guest.send_signal(signal.SIGTSTP)
            expect(until(lambda: state_of(guest.pid) == "T"), "it does not stop")
            guest.send_signal(signal.SIGCONT)
            expect(until(lambda: here.starts() == turn + 2), f"it does not connect again after {turn} times")
            time.sleep(0.3)
        out, _ = ends(guest, 1)
        expect(LEFT not in out, f"silence breaks no rule: {out}")
    return "three suspends, and its end"


def disk_backend_is_deaf(guests):
    """Nor does it hear its supervisor, which ends it."""
    with stage(guests) as here:
        guest = here.start("deaf", FOR_EVER, "blkinfo", "--disk", "mem:4M")
        expect(until(lambda: here.starts() == 1), "it is not connected")
        time.sleep(0.5)
        family = carriers(guest)
        began = time.monotonic()
        ends(guest, 1)
        took = time.monotonic() - began
        expect(until(lambda: not any(name_of(pid).startswith("paravane") for pid in family.values())),
               "processes are left behind")
    return f"ended after {took:.1f} s"


def disk_backend_notifies_and_dies(guests):
    """Far more often than there is something to see; its successors have nothing to repair."""
    with stage(guests) as here:
        out, err = here.run("floods", 3, "blkcheck rounds=500 region=1M", "--disk", "mem:4M")
        counts = figures(out, "blkcheck")
        expect(counts["complete"] == "yes" and counts["connections"] == "1", f"it said {out}")
        expect(err.count("another takes over") == 3, f"it said {err}")
    return "600000 notifications, one connection"


def disk_backend_dies_for_ever(guests):
    """It is given up, and the guest lives on."""
    with stage(guests) as here:
        guest = here.start("dies", FOR_EVER, "blkinfo", "--disk", "mem:4M")
        said = ""
        while said.count("another takes over") < 7:
            line = guest.stderr.readline()
            expect(line, f"the guest went with its disk: {said}")
            said += line
        expect(until(lambda: here.starts() >= 8), f"{here.starts()} starts")
        time.sleep(1)
        expect(guest.poll() is None, "the guest went with its disk")
        starts = here.starts()
        ends(guest, 1)
    return f"{starts} deaths, and the guest powers off when asked"


def disk_backend_spoils_its_log(guests):
    """Its successor gives up, or finds its way; the guest loses nothing."""
    with stage(guests) as here:
        out, err = here.run("log", 1, "blkcheck rounds=500 region=1M", "--disk", "mem:4M")
        counts = figures(out, "blkcheck")
        expect(counts["complete"] == "yes" and counts["errors"] == "0", f"it said {out}{err}")
    return f"{counts['connections']} connections, all of it done"


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


# ---- what a backend has of the guest ----


def mappings(pid):
    """(bytes, what) of all that is shared with others, or of a file."""
    found = []
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as file:
        for line in file:
            fields = line.split(maxsplit=5)
            first, last = (int(end, 16) for end in fields[0].split("-"))
            found.append((last - first, fields[1], fields[4], fields[5].strip() if len(fields) > 5 else ""))
    return found


def files_of(pid):
    """Of each descriptor: its number, what it is of, and for memory the inode and bytes."""
    found = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{number}"
        status = os.stat(path)
        found[int(number)] = (os.readlink(path), status.st_ino, status.st_size)
    return found


def disk_backend_sees_the_arena_alone(guests):
    """Of memory that its guest's domain process has, a disk's backend has the arena, the grant table, which it
    cannot write, and pins; and neither it nor the console's has the guest's RAM."""
    ram, arena = 16 << 20, 8 << 20
    guest = guests.start("blkcheck rounds=0 region=1M", "--arena", "8M", "--disk", "mem:4M")
    expect(until(lambda: "paravane-blk" in carriers(guest)), "there is no backend")
    expect(until(lambda: seccomp_of(carriers(guest)["paravane-blk"]) == "2"), "it is not shut in")
    time.sleep(0.3)
    family = carriers(guest)
    backend, domain = family["paravane-blk"], family["paravane-domain"]
    try:
        held = files_of(backend)
        guests_files = {inode: (name, size) for name, inode, size in files_of(domain).values() if "memfd:" in name}
    except PermissionError:
        guest.kill()
        return "SKIP: only root may look"
    ram_inodes = {inode for inode, (_, size) in guests_files.items() if size >= ram}
    expect(ram_inodes, f"the domain process has no memory of {ram} bytes, so this test sees nothing: {guests_files}")

    shared = {}
    for size, access, inode, name in mappings(backend):
        if access[3] == "s":
            shared.setdefault(int(inode), []).append((size, access, name))
        expect(not ("w" in access and "x" in access), f"memory to write and to execute: {access} {name}")
    expect(not ram_inodes & set(shared), "it has mapped the guest's RAM")
    expect(not ram_inodes & {inode for _, inode, _ in held.values()}, "it holds a descriptor of the guest's RAM")
    theirs = {inode: shared[inode] for inode in set(shared) & set(guests_files)}
    sizes = sorted(sum(size for size, _, _ in pieces) for pieces in theirs.values())
    expect(sizes.count(arena) == 1 and sizes[-1] == arena, f"it has {sizes} of the guest's memories: {theirs}")
    expect(len(theirs) == 3, f"not arena, grant table and pins, but {theirs}")
    table = [pieces for pieces in theirs.values() if sum(size for size, _, _ in pieces) == 4096 * 16]
    expect(any(all("w" not in access for _, access, _ in pieces) for pieces in table),
           f"the grant table is to be read only: {theirs}")
    for number, (name, _, _) in held.items():
        expect(name.startswith(("/memfd:", "socket:", "anon_inode:", "/dev/null")) or "memfd:" in name,
               f"descriptor {number} is {name}")
    guest.send_signal(signal.SIGKILL)
    return f"{len(held)} descriptors, {len(shared)} shared memories, of the guest's {sizes} bytes"


def seccomp_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return re.search(r"^Seccomp:\t(\d)", file.read(), re.MULTILINE)[1]


sys.exit(main(by_name(disk_backend_breaks_each_rule, disk_backend_answers_wrongly, disk_backend_never_keeps_the_rules,
                      disk_backend_is_silent, disk_backend_is_deaf, disk_backend_notifies_and_dies, disk_backend_dies_for_ever,
                      disk_backend_spoils_its_log, disk_backend_sees_the_arena_alone), *sys.argv[1:]))
