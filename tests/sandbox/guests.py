#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""guests.py BIN VEHICLE: whether the processes of a running guest are shut in, as Linux sees them.

Every thread of the domain process, of the console's backend and, where there is one, of the guest's
process: a filter of system calls, no capabilities, no new privileges; and every namespace that `paravane host` says this host gives.
Exit status: 0 passed, 1 failed, 77 there is no KVM here.
"""
import json
import os
import re
import subprocess
import sys

NAMESPACES = {"user": "user", "mount": "mnt", "network": "net", "ipc": "ipc", "uts": "uts"}
WANTED = {"Seccomp": "2", "NoNewPrivs": "1", "CapInh": "0" * 16, "CapPrm": "0" * 16, "CapEff": "0" * 16,
          "CapAmb": "0" * 16}


def expect(claim, what):
    if not claim:
        raise AssertionError(what)


def read(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def children(pid):
    """All descendants, by name."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        for child in read(f"/proc/{pid}/task/{task}/children").split():
            found[read(f"/proc/{child}/comm").strip()] = int(child)
            found |= children(child)
    return found


def check_threads(name, pid):
    tasks = os.listdir(f"/proc/{pid}/task")
    for task in tasks:
        status = dict(re.findall(r"^(\w+):\t(.*)$", read(f"/proc/{pid}/task/{task}/status"), re.MULTILINE))
        for field, wanted in WANTED.items():
            expect(status[field] == wanted, f"{name}, thread {task}: {field} is {status[field]}, not {wanted}")
    return len(tasks)


def check_isolation(name, pid, given):
    try:
        root = os.listdir(f"/proc/{pid}/root/")
    except PermissionError:
        # It is not dumpable, so only root may look.
        return 0
    own = 0
    for word, entry in NAMESPACES.items():
        same = os.readlink(f"/proc/{pid}/ns/{entry}") == os.readlink(f"/proc/self/ns/{entry}")
        expect(word not in given or not same, f"{name} is in our {word} namespace, and the host gives others")
        own += not same
    expect("empty root" not in given or not root, f"{name} sees files: {root}")
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
        expect(not target.startswith("/") or not os.path.isdir(target), f"{name} holds the folder {target}")
    return own


def check(programs, vehicle):
    program = os.path.join(programs, "paravane")
    host = json.loads(subprocess.run([program, "host", "--quick", "--json"], stdout=subprocess.PIPE,
                                     check=False).stdout)
    if vehicle == "kvm" and not host["kvm"]:
        print("SKIP: no guest runs under KVM here; paravane host says why")
        return 77
    isolation = next(finding for section in host["sections"] for finding in section["findings"]
                     if finding["id"] == "process.isolation")
    given = isolation.get("detail", "").partition(": ")[2].split(", ")
    guest = subprocess.Popen([program, "run", "--vehicle", vehicle, "--memory", "16M", "--vcpus", "2",
                              "--cmdline", "console-echo"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        # It has gone through its console's backend when it comes back.
        guest.stdin.write("here\n")
        guest.stdin.flush()
        for line in guest.stdout:
            if "here" in line:
                break
        family = children(guest.pid)
        # Linux keeps 15 letters of a name.
        wanted = {"paravane-domain", "paravane-consol"} | ({"paravane-proces"} if vehicle == "process" else set())
        expect(wanted == set(family), f"the guest's processes are {family}")
        for name, pid in family.items():
            threads = check_threads(name, pid)
            own = check_isolation(name, pid, given)
            print(f"{vehicle}, {name}: {threads} threads filtered, no capabilities, {own} namespaces of its own")
    finally:
        guest.kill()
        guest.communicate()
    return 0


def main():
    try:
        return check(*sys.argv[1:])
    except AssertionError as problem:
        print(f"FAILED: {problem}")
        return 1


sys.exit(main())
