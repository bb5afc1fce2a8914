#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""guests.py BIN VEHICLE TEST: guests among other guests, and the deaths of what carries them.

Each test counts what it claims and looks afterwards for what is left behind: processes of this run,
and memory that the host has not got back. Exit status: 0 passed, 1 failed, 77 there is no KVM here.
"""
import os
import signal
import sys
import time

from family import by_name, carriers, children_of, expect, main, name_of, shared_memory_kib, until, wait_for_line

DESTROYED = 130
CRASHED = 101
LOST = 102


def alone_and_again(guests):
    """50 guests, one after another."""
    before = shared_memory_kib()
    for turn in range(50):
        status, _, err = guests.run(f"exit {turn}")
        expect(status == turn, f"guest {turn} ended with {status}: {err}")
    expect(until(lambda: shared_memory_kib() - before < 4096), "memory of guests is left behind")
    return "50 guests, one after another, each with its own exit status"


def together(guests):
    """20 guests at the same time, one of which hammers its host."""
    before = shared_memory_kib()
    hammer = guests.start("random 20000 1")
    others = [guests.start(f"exit {number + 1}") for number in range(19)]
    for number, guest in enumerate(others):
        _, err = guest.communicate(timeout=120)
        expect(guest.returncode == number + 1, f"guest {number} ended with {guest.returncode}: {err}")
    out, err = hammer.communicate(timeout=120)
    expect(hammer.returncode == 0, f"the guest of random calls ended with {hammer.returncode}: {out}{err}")
    expect(until(lambda: shared_memory_kib() - before < 4096), "memory of guests is left behind")
    return "20 guests at the same time"


def asked_to_end(guests):
    """Ctrl-C asks; a guest that listens powers off."""
    guest = guests.start("wait")
    wait_for_line(guest, "wait")
    guest.send_signal(signal.SIGINT)
    guest.communicate(timeout=20)
    expect(guest.returncode == 0, f"ended with {guest.returncode}")
    return "the guest powered off when asked"


def made_to_end(guests):
    """A second Ctrl-C destroys one that does not listen."""
    guest = guests.start("spin")
    wait_for_line(guest, "spin")
    family = children_of(guest.pid)
    guest.send_signal(signal.SIGINT)
    time.sleep(0.2)
    expect(guest.poll() is None, "ended at the first signal, which only asks")
    guest.send_signal(signal.SIGINT)
    guest.communicate(timeout=20)
    expect(guest.returncode == DESTROYED, f"ended with {guest.returncode}")
    expect(until(lambda: not any(name_of(pid).startswith("paravane") for pid in family)),
           "processes are left behind")
    return "the guest was destroyed"


def domain_process_dies(guests):
    neighbour = guests.start("wait")
    wait_for_line(neighbour, "wait")
    guest = guests.start("spin")
    wait_for_line(guest, "spin")
    family = carriers(guest)
    os.kill(family["paravane-domain"], signal.SIGKILL)
    _, err = guest.communicate(timeout=20)
    expect(guest.returncode == LOST, f"ended with {guest.returncode}")
    expect(err.count("\n") == 1, f"not one line: {err!r}")
    expect(until(lambda: not any(name_of(pid).startswith("paravane") for pid in family.values())),
           "processes are left behind")
    neighbour.send_signal(signal.SIGINT)
    neighbour.communicate(timeout=20)
    expect(neighbour.returncode == 0, f"the neighbour ended with {neighbour.returncode}")
    return "the guest was lost, its neighbour was not"


def supervisor_dies(guests):
    guest = guests.start("spin")
    wait_for_line(guest, "spin")
    family = carriers(guest)
    expect("paravane-domain" in family, f"no domain process among {family}")
    guest.kill()
    guest.wait()
    expect(until(lambda: not any(name_of(pid).startswith("paravane") for pid in family.values())),
           "processes are left behind")
    return f"{len(family)} processes went with it"


def guest_process_dies(guests):
    guest = guests.start("spin")
    wait_for_line(guest, "spin")
    family = carriers(guest)
    if guests.vehicle == "kvm":
        guest.kill()
        guest.communicate()
        return "there is none under KVM"
    pid = next(pid for name, pid in family.items() if name.startswith("paravane-proces"))
    os.kill(pid, signal.SIGKILL)
    out, _ = guest.communicate(timeout=20)
    expect(guest.returncode == CRASHED, f"ended with {guest.returncode}")
    expect("@pv panic the guest's process died" in out, "it does not say so")
    return "the guest crashed"


sys.exit(main(by_name(alone_and_again, together, asked_to_end, made_to_end, domain_process_dies,
                      supervisor_dies, guest_process_dies), *sys.argv[1:]))
