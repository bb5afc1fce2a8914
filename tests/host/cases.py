#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cases.py PROGRAM MANUALS CASE: what a user meets at `paravane host`."""
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import schema

PROGRAM, MANUALS = sys.argv[1], Path(sys.argv[2])
NOWHERE = "/nonexistent/kvm"
INTERRUPTS = ("cost.irqfd_to_handler", "cost.halt_and_wake")


def run(*words, **environment):
    """A run whose surroundings choose neither a device nor colours."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PARAVANE_KVM_DEVICE", "PARAVANE_KVM_IRQCHIP", "NO_COLOR")}
    return subprocess.run([PROGRAM, *words], env=kept | environment, capture_output=True, text=True, check=False)


def expect(condition, what, done=None):
    if not condition:
        print(f"FAILED: {what}")
        if done:
            print(f"status {done.returncode}\n--- output\n{done.stdout}\n--- errors\n{done.stderr}")
        sys.exit(1)


def report(*words, **environment):
    """The document, its findings and the exit status."""
    done = run("host", "--json", *words, **environment)
    expect(done.stderr == "", "nothing on standard error", done)
    document = json.loads(done.stdout)
    return document, schema.check(document), done.returncode


def expect_no_kvm(words=(), why="", advice="", **environment):
    document, findings, status = report("--quick", *words, **environment)
    device = findings["kvm.device"]
    expect(status == 1 and not document["kvm"], f"status 1 and no KVM, not {status}")
    expect(device["answer"] == "no" and why in device["why"], f"{why} in {device}")
    expect(advice in device.get("advice", ""), f"{advice} in {device}")
    expect(why in findings["vehicle.kvm"]["why"], f"{why} in {findings['vehicle.kvm']}")
    tried = [name for name, finding in findings.items()
             if name.startswith("kvm.") and name != "kvm.device" and finding["answer"] != "untried"]
    expect(not tried, f"nothing of KVM is claimed: {tried}")
    words = run("host", "--quick", *words, **environment)
    expect(words.returncode == 1 and why in words.stdout, "the same in words", words)


def case_schema():
    for words in ([], ["--quick"]):
        document, _, status = report(*words)
        expect(status == (0 if document["kvm"] else 1), f"status {status} tells what kvm says")
        expect(document["quick"] == bool(words), "quick says whether the costs were left out")


def case_wrong_usage():
    for words, said in (([], "host"), (["hots"], "hots"), (["--nonsense"], "--nonsense"),
                        (["host", "--nonsense"], "--nonsense"), (["host", "surplus"], "surplus"),
                        (["host", "--kvm-device"], "--kvm-device"), (["bench"], "blk, guest, ring or store"),
                        (["bench", "hots"], "hots")):
        done = run(*words)
        expect(done.returncode == 2, f"{words}: status 2", done)
        expect(done.stdout == "", f"{words}: no output", done)
        expect(done.stderr.count("\n") == 1 and said in done.stderr and "--help" in done.stderr,
               f"{words}: one line that names {said}", done)


def case_help():
    for words, said in ((["--help"], "host"), (["host", "--help"], "--quick"), (["--version"], "paravane ")):
        done = run(*words)
        expect(done.returncode == 0 and said in done.stdout and not done.stderr, f"{words}: {said}", done)
    expect(re.fullmatch(r"paravane \d+\.\d+\.\d+\n", run("--version").stdout), "a version alone")


def case_no_device():
    expect_no_kvm(["--kvm-device", NOWHERE], f"open {NOWHERE}: No such file", "modprobe")
    expect_no_kvm([], f"open {NOWHERE}: No such file", "modprobe", PARAVANE_KVM_DEVICE=NOWHERE)
    # What the command line says wins.
    expect_no_kvm(["--kvm-device", NOWHERE], NOWHERE, PARAVANE_KVM_DEVICE="/nonexistent/other")
    document, _, status = report("--kvm-device", NOWHERE)
    expect(status == 1, "status 1 without --quick too")
    expect(not any(cost["measured"] for cost in document["costs"]), "no cost is claimed")


def case_not_a_device():
    expect_no_kvm(["--kvm-device", "/dev/null"], "/dev/null is not a KVM", "--kvm-device")
    expect_no_kvm(["--kvm-device", "/"], "open /: Is a directory")


def case_no_permission():
    with tempfile.TemporaryDirectory() as folder:
        closed = Path(folder) / "kvm"
        closed.touch(mode=0)
        if os.access(closed, os.R_OK):
            if os.geteuid() != 0 or not Path("/usr/bin/setpriv").exists():
                print("SKIP: no way to be a user whom permissions bind")
                sys.exit(77)
            os.chmod(folder, 0o755)
            done = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "host", "--json", "--quick",
                 "--kvm-device", str(closed)], capture_output=True, text=True, check=False)
            if done.returncode in (126, 127):
                print(f"SKIP: {PROGRAM} cannot be run by another user: {done.stderr.strip()}")
                sys.exit(77)
        else:
            done = run("host", "--json", "--quick", "--kvm-device", str(closed))
        device = schema.check(json.loads(done.stdout))["kvm.device"]
        expect(done.returncode == 1 and f"open {closed}: Permission denied" == device["why"], "the reason", done)
        expect("group kvm" in device["advice"], "what to do", done)


def on_a_terminal(**environment):
    """What a terminal gets."""
    leader, follower = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    child = subprocess.Popen([PROGRAM, "host", "--quick", "--kvm-device", NOWHERE], stdout=follower,
                             env=kept | {"TERM": "xterm"} | environment)
    os.close(follower)
    output = b""
    try:
        while chunk := os.read(leader, 4096):
            output += chunk
    except OSError:  # the last follower is gone
        pass
    os.close(leader)
    expect(child.wait() == 1, "status 1 on a terminal")
    return output


def case_colour():
    expect(b"\033[" in on_a_terminal(), "colours on a terminal")
    expect(b"\033[" not in on_a_terminal(NO_COLOR="1"), "none with NO_COLOR")
    expect(b"\033[" not in on_a_terminal(TERM="dumb"), "none on a dumb terminal")
    expect("\033[" not in run("host", "--quick", "--kvm-device", NOWHERE).stdout, "none in a pipe")


def case_manual():
    """The manual names every identifier of the report, and no other."""
    document, findings, _ = report()
    said = findings.keys() | {cost["id"] for cost in document["costs"]}
    page = (MANUALS / "paravane-host.1").read_text(encoding="utf-8").replace("\\-", "-")
    named = set(re.findall(r"^\.B ((?:vehicle|kvm|cost|io_uring|memory|network|namespace|process)\.[a-z0-9_.]+)$",
                           page, re.MULTILINE))
    expect(said == named, f"only in the report: {sorted(said - named)}; only in the manual: {sorted(named - said)}")
    for option in re.findall(r"--[a-z-]+", run("host", "--help").stdout):
        expect(option in page, f"{option} in the manual")


def case_output_fails():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([PROGRAM, "host", "--quick"], stdout=full, stderr=subprocess.PIPE, text=True,
                              check=False)
    expect(done.returncode == 3 and done.stderr.count("\n") == 1, f"status 3 and one line: {done}")


def case_leaves_nothing():
    """No interface. What processes and descriptors there were ended with the program."""
    before = set(os.listdir("/sys/class/net"))
    done = run("host", "--quick")
    expect(done.returncode in (0, 1), "a report", done)
    left = {name for name in set(os.listdir("/sys/class/net")) - before if name.startswith("pvprobe")}
    expect(not left, f"interfaces left: {left}")


def report_with_kvm():
    """Of a host whose device opens: all others skip."""
    document, findings, status = report()
    device = findings["kvm.device"]
    if device["answer"] != "yes":
        print(f"SKIP: {device['why']}")
        sys.exit(77)
    for name in ("kvm.guest", "kvm.doorbell", "kvm.interrupt"):
        expect(findings[name]["answer"] == "yes", f"{name}: {findings[name]}")
    expect(document["kvm"] and status == 0, f"status {status}")
    return document


def case_guest_runs():
    document = report_with_kvm()
    two = len(os.sched_getaffinity(0)) >= 2
    for cost in document["costs"]:
        expect(cost["measured"] or (not two and cost["id"] in INTERRUPTS), f"measured: {cost}")


def case_one_processor():
    """What needs two is not measured, and everything else is."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for cost in report_with_kvm()["costs"]:
        expect(cost["measured"] != (cost["id"] in INTERRUPTS), f"on one processor: {cost}")


if __name__ == "__main__":
    expect(run("--version").returncode == 0, f"{PROGRAM} runs at all")
    globals()["case_" + sys.argv[3].replace("-", "_")]()
