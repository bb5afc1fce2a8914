# SPDX-License-Identifier: Apache-2.0
"""Guests as their tests start them, and the processes that belong to one."""
import os
import re
import subprocess
import time


def children_of(pid):
    """All living descendants."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry)] = int(fields[1])
    found = set()
    frontier = {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        found |= frontier
    return found


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def shared_memory_kib():
    with open("/proc/meminfo", encoding="ascii") as file:
        return int(re.search(r"Shmem: +(\d+)", file.read()).group(1))


class Guests:
    def __init__(self, programs, vehicle):
        self.program = os.path.join(programs, "paravane")
        self.vehicle = vehicle
        self.started = []

    def start(self, program, *options):
        guest = subprocess.Popen(
            [self.program, "run", "--vehicle", self.vehicle, "--memory", "16M",
             "--cmdline", program, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(guest)
        return guest

    def end_all(self):
        for guest in self.started:
            guest.kill()
            guest.wait()

    def run(self, program, *options, timeout=60):
        guest = self.start(program, *options)
        out, err = guest.communicate(timeout=timeout)
        return guest.returncode, out, err


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def expect(claim, what):
    if not claim:
        raise AssertionError(what)


def wait_for_line(guest, text):
    """Until the guest has said it, which it does when it is up."""
    while True:
        line = guest.stdout.readline()
        expect(line, f"the guest ended before it said {text!r}")
        if text in line:
            return


def carriers(guest):
    """The processes of a running guest, by name."""
    return {name_of(pid): pid for pid in children_of(guest.pid)}


def main(tests, programs, vehicle, name):
    """Runs the test of that name. 0 passed, 1 failed, 77 there is no KVM here."""
    if vehicle == "kvm":
        can = subprocess.run([os.path.join(programs, "paravane"), "host", "--quick"],
                             stdout=subprocess.DEVNULL, check=False)
        if can.returncode != 0:
            print("SKIP: no guest runs under KVM here; paravane host says why")
            return 77
    guests = Guests(programs, vehicle)
    try:
        print(f"{name}, {vehicle}: {tests[name](guests)}")
    except (AssertionError, OSError, subprocess.TimeoutExpired) as problem:
        print(f"{name}, {vehicle}: FAILED: {problem}")
        return 1
    finally:
        guests.end_all()
    return 0


def by_name(*tests):
    return {test.__name__.replace("_", "-"): test for test in tests}
