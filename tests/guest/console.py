#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A guest's console, from the guest's programs to a file, a socket, a terminal or a pipe and back.
  console.py PARAVANE KERNEL VEHICLE CASE
Exit status 0: as it should be; 1: a line says what was not; 77: there is no KVM here."""
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from programs import SECONDS, STATUS_CRASHED, Wrong, expect

RESUMED = re.compile(rb"keel: resumed in epoch \d+\n")
PROMPT = b"keel> "


class Console:
    """Guests, and a directory for their consoles."""

    def __init__(self, paravane, kernel, vehicle, directory):
        self.command = [paravane, "run", "--vehicle", vehicle, "--kernel", kernel]
        self.vehicle = vehicle
        self.directory = Path(directory)

    def start(self, line, *options, stdin=subprocess.DEVNULL):
        return subprocess.Popen([*self.command, *options, "--cmdline", line], stdin=stdin,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def end(self, guest, line, status=0, said=b""):
        """What it said, after its end."""
        try:
            out, err = guest.communicate(said if guest.stdin else None, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            guest.kill()
            out, err = guest.communicate()
            raise Wrong(f"{line}: did not end\n{out}\n{err}") from None
        expect(guest.returncode == status, f"{line}: status {guest.returncode}, not {status}\n{out}\n{err}")
        return out, err

    def run(self, line, *options, status=0, said=None):
        guest = self.start(line, *options, stdin=subprocess.DEVNULL if said is None else subprocess.PIPE)
        return self.end(guest, line, status, said)

    def backends(self, guest):
        """The processes that serve its devices."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            name, rest = stat[stat.index("(") + 1:].rsplit(")", 1)
            if name.startswith("paravane-cons") and int(rest.split()[1]) == guest.pid:
                found.append(int(entry.name))
        return found


def pattern(size):
    return b"".join(b"%015d\n" % number for number in range(size // 16 + 1))[:size]


def expect_pattern(text, size, what):
    """The pattern and nothing else, but for what the kernel says of itself."""
    text = RESUMED.sub(b"", text).replace(b"console-count: all is delivered\n", b"")
    wanted = pattern(size)
    if text == wanted:
        return
    place = next((i for i, (is_, want) in enumerate(zip(text, wanted)) if is_ != want), len(wanted))
    raise Wrong(f"{what}: {len(text)} bytes, not {size}; from {place} on {text[place:place + 40]}")


def count(console):
    for size in (0, 1, 65535, 65536, 65537, 5_000_000):
        file = console.directory / f"count-{size}"
        out, err = console.run(f"console-count {size}", "--console", f"file={file}")
        expect(not out and not err, f"{size}: said {out}, {err}")
        expect_pattern(file.read_bytes(), size, f"{size} bytes")


def interfered(console, size, interfere, least):
    """Counts while something happens to it again and again."""
    file = console.directory / "count"
    line = f"console-count {size}"
    guest = console.start(line, "--console", f"file={file}", "--vcpus", "2")
    times = 0
    while guest.poll() is None:
        time.sleep(0.1)
        if guest.poll() is None and interfere(guest):
            times += 1
    _, err = console.end(guest, line)
    expect(times >= least, f"it was over after {times} times")
    expect_pattern(file.read_bytes(), size, f"{times} times")
    return err


def suspend(guest):
    guest.send_signal(signal.SIGTSTP)
    deadline = time.monotonic() + 10
    while guest.poll() is None and time.monotonic() < deadline:
        state = Path(f"/proc/{guest.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "T":
            break
        time.sleep(0.01)
    guest.send_signal(signal.SIGCONT)
    return True


def count_suspended(console):
    """With connections of many epochs, all of it comes, once."""
    err = interfered(console, 12_000_000, suspend, 2)
    # It may end in the middle of the last one.
    expect(err in (b"", b"paravane run: the guest has ended\n"), f"said {err}")


def count_killed(console):
    """A backend that dies, and then one more than its supervisor will start: all of it comes, once."""
    def kill(guest):
        killed = console.backends(guest)
        for backend in killed:
            os.kill(backend, signal.SIGKILL)
        return bool(killed)
    interfered(console, 12_000_000, kill, 3)


def connect(path):
    deadline = time.monotonic() + SECONDS
    while True:
        peer = socket.socket(socket.AF_UNIX)
        try:
            peer.connect(str(path))
            return peer
        except OSError:
            peer.close()
            expect(time.monotonic() < deadline, f"nobody listens at {path}")
            time.sleep(0.01)


def hear(read, wanted, heard=b""):
    """Reads until it ends with what is wanted."""
    deadline = time.monotonic() + SECONDS
    while not heard.endswith(wanted):
        left = deadline - time.monotonic()
        expect(left > 0 and select.select([read], [], [], left)[0], f"{wanted}: heard only {heard[-200:]}")
        more = read.recv(65536) if isinstance(read, socket.socket) else os.read(read, 65536)
        expect(more, f"{wanted}: it ended with {heard[-200:]}")
        heard += more
    return heard


def echo(console, interfere=lambda guest: None, rounds=200):
    path = console.directory / "socket"
    guest = console.start("console-echo", "--console", f"socket={path}")
    with connect(path) as peer:
        hear(peer, b"console-echo: ready\n")
        for number in range(rounds):
            text = b"%d-" % number * (1 + number % 50) + b"\n"
            peer.sendall(text)
            heard = RESUMED.sub(b"", hear(peer, text))
            expect(heard == text, f"line {number}: heard {heard}")
            interfere(guest)
        # Many at once.
        lines = b"".join(b"line %d\n" % number for number in range(300))
        peer.sendall(lines)
        hear(peer, lines.splitlines(True)[-1])
        peer.sendall(b"quit\n")
        console.end(guest, "console-echo")


def echo_suspended(console):
    # Fewer than a supervisor starts backends in a row.
    echo(console, suspend, 5)


def shell(console):
    script = b"echo one  two\nstore write a/b value\nstore read a/b\nstore read none\nstore ls device\nvcpus\n" \
        b"echo x\x7fyz\x15echo kept\nnosuch\nexit 1 2\nflood 20\ngrants\nuptime\nclock\nmemory\nhelp\nexit 7\n"
    out, err = console.run("shell", "--vcpus", "2", status=7, said=script)
    said = out.decode().split("keel> ")
    expect(said[0].startswith("keel: help"), f"began with {said[0]!r}")
    for index, wanted in ((1, r"echo one  two\none two\n"), (2, r"store write a/b value\n"),
                          (3, r"store read a/b\nvalue\n"), (4, r"store read none\ncannot read none: error 2\n"),
                          (5, r"store ls device\nconsole\n"), (6, r"vcpus\n2 vCPUs, 2 online\n"),
                          (7, r"echo x\x08 \x08yz.*echo kept\nkept\n"), (8, r"nosuch\nnosuch: no such command.*\n"),
                          (9, r"exit 1 2\nusage: exit .*\n"), (10, r"flood 20\n000000000000000\n0000"),
                          (11, r"grants\n1 of \d+ in use\n.*1 times\n"), (12, r"uptime\n\d+ ms\n"),
                          (13, r"clock\n\d+ ns, epoch 1\n"), (14, r"memory\n.*arena +\d+ of \d+ free\n.*"),
                          (15, r"help\n.*exit \[STATUS\]: .*\n"), (16, r"exit 7\n")):
        expect(re.fullmatch(wanted, said[index], re.DOTALL), f"answer {index}: {said[index]!r}")
    expect(not err, f"said {err}")


def shell_typed_ahead(console):
    """A script longer than all that is between it and the shell."""
    lines = [b"echo %d %s" % (number, b"x" * 100) for number in range(300)]
    out, _ = console.run("shell", said=b"\n".join(lines) + b"\nexit\n")
    said = [line for line in out.split(PROMPT) if line.startswith(b"echo")]
    expect(said == [line + b"\n" + line[5:] + b"\n" for line in lines], f"{len(said)} answers")


def crash(console):
    out, _ = console.run("shell", status=STATUS_CRASHED, said=b"echo before\ncrash\n")
    expect(re.search(rb"before\nkeel> crash\n.*panic the shell was told to crash", out, re.DOTALL), f"said {out}")


def asked(console):
    """A shell powers off when the host asks for it, and nobody has said anything."""
    guest = console.start("shell", stdin=subprocess.PIPE)
    hear(guest.stdout.fileno(), PROMPT)
    guest.send_signal(signal.SIGTERM)
    console.end(guest, "shell")


def terms(console):
    for line, status, wanted in (("1 1 0", 0, "1 0"), ("0 9 0", 0, "1 0"), ("1 2 18446744073709551614", 0, "1 0"),
                                 ("2 3 0", 1, "refused: there is no version that both speak"),
                                 ("0 0 0", 1, "refused: there is no version that both speak")):
        out, _ = console.run(f"console-terms {line}", status=status)
        expect(out.decode() == f"@pv terms {wanted}\n", f"{line}: said {out}")


def usage(console):
    for line in ("shell x", "console-count", "console-count x", "console-count 1 2", "console-terms 1 1",
                 "console-terms 4294967296 1 0", "console-terms 1 1 x", "console-hostile", "console-hostile x"):
        out, _ = console.run(line, status=2)
        expect(out.count(b"\n") == 1, f"{line}: said {out}")


def hostile(console):
    """Backends that break a rule, as far as the guest can see: it leaves them, and says all it had to say."""
    for way, why in (("past", "consumer index past the producer"), ("back", "consumer index going back"),
                     ("state", "unknown ring state"), ("closed", "it has closed a ring"),
                     ("input", "producer index past the size")):
        file = console.directory / way
        console.run(f"console-hostile {way}", "--console", f"file={file}")
        text = file.read_bytes()
        left = b"console: the backend is left: %s\n" % why.encode()
        expect(left in text, f"{way}: said {text[-300:]}")
        for line in (left, b"console-hostile: connected again\n"):
            text = text.replace(line, b"")
        expect_pattern(text, 100_000, way)


def terminal(console):
    guest = console.start("shell", "--console", "pty")
    said = guest.stderr.readline().decode()
    place = re.search(r"/dev/pts/\d+", said)
    expect(place, f"said {said}")
    line = os.open(place[0], os.O_RDWR | os.O_NOCTTY)
    hear(line, PROMPT)
    os.write(line, b"echo over a line\r")
    heard = hear(line, PROMPT)
    expect(b"\nover a line" in heard, f"heard {heard}")
    os.write(line, b"exit 4\r")
    console.end(guest, "shell", 4)
    os.close(line)


CASES = {
    "count": count, "count-suspended": count_suspended, "count-killed": count_killed, "echo": echo,
    "echo-suspended": echo_suspended, "shell": shell, "shell-typed-ahead": shell_typed_ahead, "crash": crash,
    "asked": asked, "terms": terms, "usage": usage, "terminal": terminal,
    "hostile": hostile,
}


def main():
    paravane, kernel, vehicle, case = sys.argv[1:]
    if vehicle == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        print("SKIP: /dev/kvm cannot be used")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="paravane-console-") as directory:
        try:
            CASES[case](Console(paravane, kernel, vehicle, directory))
        except Wrong as wrong:
            print(f"{case} on {vehicle}: {wrong}")
            sys.exit(1)
    print(f"{case} on {vehicle}: as it should be")


if __name__ == "__main__":
    main()
