#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""keel's programs, as someone meets them who runs a guest.
  programs.py PARAVANE KERNEL VEHICLE CASE
With PARAVANE_KVM_IRQCHIP=none, the guests of KVM must do without direct events.
Exit status 0: as it should be; 1: a line says what was not; 77: there is no KVM here."""
import os
import re
import signal
import subprocess
import sys

SECONDS = 120 * int(os.environ.get("PARAVANE_TIMEOUT_FACTOR", "1"))
STATUS_CRASHED, STATUS_DESTROYED = 101, 130
NO_IRQCHIP = os.environ.get("PARAVANE_KVM_IRQCHIP") == "none"


class Wrong(Exception):
    """What was not as it should be."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class Guests:
    def __init__(self, paravane, kernel, vehicle):
        self.command = [paravane, "run", "--vehicle", vehicle, "--kernel", kernel]
        self.vehicle = vehicle

    def start(self, line, *options):
        return subprocess.Popen([*self.command, *options, "--cmdline", line], text=True, errors="replace",
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, line, *options, status=0):
        """The lines it said."""
        guest = self.start(line, *options)
        try:
            out, err = guest.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            guest.kill()
            out, err = guest.communicate()
            raise Wrong(f"{line}: did not end\n{out}\n{err}") from None
        expect(guest.returncode == status, f"{line}: status {guest.returncode}, not {status}\n{out}\n{err}")
        return out.splitlines()

    def interrupted(self, line, times, status, said):
        """Waits for a line that contains `said`, then asks it to end so many times."""
        with self.start(line) as guest:
            try:
                for out in guest.stdout:
                    if said in out:
                        break
                else:
                    raise Wrong(f"{line}: never said {said!r}: {guest.stderr.read()}")
                for _ in range(times):
                    guest.send_signal(signal.SIGINT)
                    # Each must have been told of before the next.
                    guest.stderr.readline()
                rest, _ = guest.communicate(timeout=SECONDS)
            finally:
                guest.kill()
        expect(guest.returncode == status, f"{line}: status {guest.returncode}, not {status}")
        return rest.splitlines()


def show(guests):
    for line in ("", "show"):
        lines = guests.run(line, "--vcpus", "2", "--memory", "64M")
        text = "\n".join(lines)
        expect(10 <= len(lines) <= 20, f"{len(lines)} lines")
        for wanted in (rf"vehicle +{guests.vehicle}", r"domain +\d+", r"abi +version 1", r"features +\S",
                       r"memory +0{16} 65536 KiB: ram", r"vcpus +2, 2 online", r"clock +\d+ ns",
                       r"boot +\d+ us"):
            expect(re.search(wanted, text), f"{wanted}: not in\n{text}")
        expect(not NO_IRQCHIP or "direct-events" not in text, f"direct events without an irqchip:\n{text}")


def exits(guests):
    for status in (0, 1, 7, 255):
        expect(not guests.run(f"exit {status}", status=status), f"exit {status} said something")


def wrong_usage(guests):
    for line in ("nosuch", "Show", "exit", "exit 256", "exit -1", "exit 1 2", "selftest nosuch", "random",
                 "random 1", "random x 1", "spin x"):
        said = guests.run(line, status=2)
        expect(len(said) == 1 and len(said[0]) < 80, f"{line}: said {said}")


def help_lists_all(guests):
    said = "\n".join(guests.run("help"))
    for name in ("show", "shell", "selftest", "random", "wait", "spin", "console-count", "exit", "panic", "help"):
        expect(re.search(rf"^  {name}\b.*: \S", said, re.MULTILINE), f"{name} is not in\n{said}")


def selftest(guests, vcpus):
    said = guests.run("selftest", "--vcpus", str(vcpus))
    verdicts = [line.split(" ", 4)[3] for line in said if line.startswith("@pv test ")]
    count = [line.split()[2:] for line in said if line.startswith("@pv tests ")]
    passed = verdicts.count("pass")
    expect(passed >= 40 and verdicts.count("fail") == 0, f"{passed} passed of {len(verdicts)}")
    expect(count == [[str(passed), "0"]], f"counted {count}")
    if NO_IRQCHIP:
        expect([line for line in said if line.startswith("@pv test event-direct skip ")], "there are direct events")
    if vcpus > 1:
        expect(not [line for line in said if "skip there is one vCPU" in line], "skipped for want of vCPUs")


def selftest_by_name(guests):
    said = [line for line in guests.run("selftest version heap") if line.startswith("@pv")]
    expect(sorted(said) == ["@pv test heap pass", "@pv test version pass", "@pv tests 2 0"], f"said {said}")


def panic(guests):
    said = "\n".join(guests.run("panic", status=STATUS_CRASHED))
    expect("@pv panic " in said, f"no panic in\n{said}")
    if guests.vehicle == "process":
        return
    names = ["store_nowhere", "trust_an_address", "do_something_foolish", "panic", "run_program", "keel_boot"]
    expect(re.search(".*".join(rf"\b{name}\b" for name in names), said, re.DOTALL),
           f"not these functions in this order, {names}:\n{said}")


def wait(guests):
    rest = guests.interrupted("wait", 1, 0, "wait: until")
    expect(rest == ["wait: powering off"], f"said {rest}")


def spin(guests):
    guests.interrupted("spin", 2, STATUS_DESTROYED, "spin: busy for ever")
    guests.interrupted("spin obey", 1, 0, "spin: busy until")


def random(guests):
    for seed in range(3):
        said = guests.run(f"random 20000 {seed}", "--vcpus", "2")
        expect(f"@pv test random-{seed} pass" in said, f"said {said}")


def memory_sizes(guests):
    for size in ("4M", "5M", "3G", "5G"):
        said = guests.run("selftest regions last-byte multicall-at-the-end pages heap", "--memory", size)
        expect([line for line in said if line.startswith("@pv tests ")][0].endswith(" 0"), f"{size}: {said}")


def wrong_irqchip(guests):
    os.environ["PARAVANE_KVM_IRQCHIP"] = "many"
    guest = guests.start("exit 0")
    out, err = guest.communicate(timeout=SECONDS)
    expect(guest.returncode == 2 and not out, f"status {guest.returncode}, said {out}")
    expect(err.count("\n") == 1 and "PARAVANE_KVM_IRQCHIP is many" in err, f"said {err}")


CASES = {
    "show": show, "exit": exits, "wrong-usage": wrong_usage, "help": help_lists_all,
    "selftest-1": lambda guests: selftest(guests, 1), "selftest-2": lambda guests: selftest(guests, 2),
    "selftest-4": lambda guests: selftest(guests, 4), "selftest-by-name": selftest_by_name,
    "panic": panic, "wait": wait, "spin": spin, "random": random, "memory-sizes": memory_sizes,
    "wrong-irqchip": wrong_irqchip,
}


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
