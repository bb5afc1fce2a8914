#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hypercalls under a rain of upcalls: none lost, none carried out twice.
  storm.py PARAVANE KERNEL VEHICLE VCPUS ROUNDS
Exit status 0: as it should be; 1: a line says what was not; 77: there is no KVM here."""
import os
import re
import sys

from programs import Guests, Wrong, expect

CALLS_MIN, UPCALLS_MIN = 20000, 2000


def storm(guests, vcpus, rounds):
    said = guests.run(f"storm {rounds}", "--vcpus", vcpus)
    figures = [line.split()[2:] for line in said if line.startswith("@pv storm ")]
    expect(len(figures) == 1, f"{len(figures)} lines of figures")
    calls, effects, lines, upcalls, events = map(int, figures[0])
    expect(calls == effects, f"{calls} calls left {effects} traces")
    expect(calls >= CALLS_MIN, f"only {calls} calls")
    # Without interrupts a guest finds the same events by looking.
    taken = upcalls if guests.vehicle == "kvm" else events
    expect(taken >= UPCALLS_MIN, f"only {taken} upcalls")
    # What the guest cannot see: that each line came once, in its turn.
    came = [int(line.split()[1]) for line in said if re.fullmatch(r"storm \d{8}", line)]
    expect(came == list(range(lines)), f"of {lines} lines came {len(came)}, {len(set(came))} of them different")
    return f"{calls} calls, each carried out once, and {taken} upcalls taken meanwhile"


def main():
    paravane, kernel, vehicle, vcpus, rounds = sys.argv[1:]
    if vehicle == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        print("SKIP: /dev/kvm cannot be used")
        sys.exit(77)
    try:
        print(f"{vehicle}, {vcpus} vCPUs: {storm(Guests(paravane, kernel, vehicle), vcpus, rounds)}")
    except Wrong as wrong:
        print(f"storm on {vehicle}: {wrong}")
        sys.exit(1)


if __name__ == "__main__":
    main()
