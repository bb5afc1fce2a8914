#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The store, as guests use it and as they misuse it.
  store.py PARAVANE KERNEL VEHICLE CASE
Exit status 0: as it should be; 1: a line says what was not; 77: there is no KVM here."""
import os
import resource
import sys

from programs import SECONDS, Guests, Wrong, expect

LOST = "paravane run: the guest has lost its store: "
DEAF_CPU_SECONDS = 0.5 * int(os.environ.get("PARAVANE_TIMEOUT_FACTOR", "1"))


def run(guests, line, status=0):
    """The lines that the guest said, and those of its supervisor."""
    with guests.start(line) as guest:
        try:
            out, err = guest.communicate(timeout=SECONDS)
        finally:
            guest.kill()
    expect(guest.returncode == status, f"{line}: status {guest.returncode}, not {status}\n{out}\n{err}")
    return out.splitlines(), err.splitlines()


def command(guests):
    for line, said in (("store write a/b value", []), ("store ls /domain/1", ["device"]), ("store write a \xfc", [])):
        out, err = run(guests, line)
        expect(out == said and not err, f"{line}: said {out}, {err}")
    for line, wanted in (("store read none", "store: cannot read none: error 2"),
                         ("store read /domain/2", "store: cannot read /domain/2: error 13"),
                         ("store write / x", "store: cannot write /: error 13"),
                         ("store ls /", "store: cannot list /: error 13"),
                         ("store ls a//b", "store: cannot list a//b: error 22")):
        out, err = run(guests, line, status=1)
        expect(out == [wanted] and not err, f"{line}: said {out}, {err}")
    for line in ("store", "store ls", "store read", "store write a", "store ls a b", "store rm a",
                 "store-hostile", "store-hostile nosuch"):
        out, err = run(guests, line, status=2)
        expect(len(out) == 1 and not err, f"{line}: said {out}, {err}")


def hostile(guests):
    """Each way to break a rule ends the store for that guest, is told of in one line, and nothing else."""
    for way, why in (("garbage", "payload longer than the largest"),
                     ("length", "payload longer than the largest"),
                     ("jump", "producer index past the size"), ("back", "producer index going back"),
                     ("state", "unknown ring state"), ("replies", "consumer index past the producer")):
        out, err = run(guests, f"store-hostile {way}")
        expect(out == ["store-hostile: refused, and still here"], f"{way}: said {out}")
        expect(err == [LOST + why], f"{way}: its supervisor said {err}")


def deaf(guests):
    """A guest that hears no more costs its supervisor nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out, err = run(guests, "store-hostile deaf")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    expect(out == ["store-hostile: not heard, and still here"] and not err, f"said {out}, {err}")
    expect(used < DEAF_CPU_SECONDS, f"took {used:.2f} s of processor time in 2 s of sleep")


def lying_host(guests):
    """What the guest hears of a host that breaks a rule, and that the host is told of the end of it."""
    out, err = run(guests, "store-hostile host")
    expect(out == ["store-hostile: the host is not heard any more: unknown ring state"], f"said {out}")
    expect(not err, f"its supervisor said {err}")


CASES = {"command": command, "hostile": hostile, "deaf": deaf, "lying-host": lying_host}


def main():
    paravane, kernel, vehicle, case = sys.argv[1:]
    if vehicle == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        print("SKIP: /dev/kvm cannot be used")
        sys.exit(77)
    try:
        CASES[case](Guests(paravane, kernel, vehicle))
    except Wrong as wrong:
        print(f"{case} on {vehicle}: {wrong}")
        sys.exit(1)
    print(f"{case} on {vehicle}: as it should be")


if __name__ == "__main__":
    main()
