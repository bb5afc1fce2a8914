#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""consoles.py BIN VEHICLE TEST: consoles whose guests flood, whose backends die, and whose guests sleep.

The oracle is a pattern that the guest says and this program knows: each byte must come once, in order.
Exit status: 0 passed, 1 failed, 77 there is no KVM here.
"""
import os
import random
import signal
import socket
import sys
import tempfile
import time

from family import by_name, carriers, children_of, expect, main, name_of, until

MEGABYTE = 1 << 20


def pattern(count):
    """What `console-count` and `flood` say."""
    text = bytearray()
    line = 0
    while len(text) < count:
        text += b"%015d\n" % line
        line += 1
    return bytes(text[:count])


class Talk:
    """A client of a guest's console socket."""

    def __init__(self, path):
        expect(until(lambda: os.path.exists(path)), "the console's socket does not appear")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.heard = b""

    def hear(self, text):
        """Until the guest has said it; then what was before it."""
        while text not in self.heard:
            got = self.socket.recv(65536)
            expect(got, f"the console ended before it said {text!r}: {self.heard[-200:]!r}")
            self.heard += got
        before, self.heard = self.heard.split(text, 1)
        return before

    def say(self, text):
        self.socket.sendall(text)

    def ask(self, number):
        """A line that the guest must say again."""
        self.say(b"question %d\r" % number)
        self.hear(b"question %d" % number)


def backend_of(guest):
    return next((pid for pid in children_of(guest.pid) if name_of(pid) == "paravane-consol"), None)


def kill_backend_of(guest):
    """At some moment of its life."""
    killed = False
    while not killed:
        expect(until(lambda: backend_of(guest) is not None), "there is no backend")
        time.sleep(random.uniform(0.0, 0.02))
        backend = backend_of(guest)
        if backend is not None:
            os.kill(backend, signal.SIGKILL)
            killed = True


def file_console(folder, name="text"):
    path = os.path.join(folder, name)
    return path, ("--console", f"file={path}")


def socket_console(folder, name="socket"):
    path = os.path.join(folder, name)
    return path, ("--console", f"socket={path}")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check_pattern(text, count):
    wanted = pattern(count) + b"console-count: all is delivered\n"
    if text == wanted:
        return
    at = next((i for i, (a, b) in enumerate(zip(text, wanted)) if a != b), min(len(text), len(wanted)))
    raise AssertionError(f"{len(text)} bytes of {count}, wrong from {at} on: {text[max(0, at - 40):at + 40]!r}")


def end(guest):
    guest.send_signal(signal.SIGINT)
    _, err = guest.communicate(timeout=30)
    expect(guest.returncode == 0, f"ended with {guest.returncode}: {err}")


def backend_dies(guests):
    """Again and again, while the guest talks."""
    count = 48 * MEGABYTE
    deaths = 0
    with tempfile.TemporaryDirectory() as folder:
        path, console = file_console(folder)
        guest = guests.start(f"console-count {count}", *console)
        last = None
        while guest.poll() is None:
            backend = backend_of(guest)
            # Not more than its supervisor puts up with.
            if backend is not None and backend != last and deaths < 7:
                time.sleep(random.uniform(0.0, 0.25))
                try:
                    os.kill(backend, signal.SIGKILL)
                    deaths += 1
                except ProcessLookupError:
                    pass
                last = backend
            time.sleep(0.001)
        _, err = guest.communicate(timeout=60)
        expect(guest.returncode == 0, f"ended with {guest.returncode}: {err}")
        check_pattern(read(path), count)
        expect(deaths >= 3, f"only {deaths} deaths: the guest was too fast for this test")
        expect(err.count("another takes over") == deaths, f"{deaths} deaths, and it says: {err}")
    return f"{count} bytes through {deaths} deaths of the backend, each once and in order"


def backend_dies_while_typed(guests):
    """What is typed reaches the guest once, whoever dies on its way."""
    with tempfile.TemporaryDirectory() as folder:
        path, console = socket_console(folder)
        guest = guests.start("console-echo", *console)
        talk = Talk(path)
        deaths = 0
        for number in range(60):
            talk.say(b"question %d\r" % number)
            if number % 10 == 5:
                kill_backend_of(guest)
                deaths += 1
        heard = b""
        for number in range(60):
            heard += talk.hear(b"question %d" % number)
        expect(b"question" not in heard, f"something was said twice: {heard!r}")
        talk.say(b"quit\r")
        _, err = guest.communicate(timeout=30)
        expect(guest.returncode == 0, f"ended with {guest.returncode}: {err}")
        expect(err.count("another takes over") >= 3, f"{deaths} kills, and it says: {err}")
    return f"60 lines typed and said again, {err.count('another takes over')} deaths"


def backend_dies_for_ever(guests):
    """The guest loses its console and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path, console = socket_console(folder)
        guest = guests.start("console-echo", *console)
        talk = Talk(path)
        talk.ask(1)
        victims = 0
        while victims < 8:
            kill_backend_of(guest)
            victims += 1
            time.sleep(0.05)
        expect(guest.poll() is None, "the guest went with its console")
        end(guest)
    return f"after {victims} deaths the guest still powers off when asked"


def flood_and_neighbour(guests):
    """One says all it can; the other is asked and answers."""
    with tempfile.TemporaryDirectory() as folder:
        flood_path, flood_console = file_console(folder)
        flood = guests.start(f"console-count {1 << 40}", *flood_console)
        path, console = socket_console(folder)
        neighbour = guests.start("console-echo", *console)
        talk = Talk(path)
        for number in range(200):
            talk.ask(number)
        expect(flood.poll() is None, "the flood has ended")
        said = os.path.getsize(flood_path)
        expect(said > MEGABYTE, f"the flood has only {said} bytes")
        flood.kill()
        flood.communicate()
        end(neighbour)
    return f"200 questions answered while a neighbour said {said} bytes"


def million_random_calls(guests):
    """One guest makes a million random calls; another's console keeps answering."""
    with tempfile.TemporaryDirectory() as folder:
        path, console = socket_console(folder)
        neighbour = guests.start("console-echo", *console)
        talk = Talk(path)
        talk.ask(0)
        hammer = guests.start("random 1000000 20261121")
        asked = 0
        while hammer.poll() is None:
            asked += 1
            talk.ask(asked)
            time.sleep(0.01)
        out, err = hammer.communicate()
        expect(hammer.returncode == 0, f"the guest of random calls ended with {hammer.returncode}: {out}{err}")
        expect("random: 1000000 calls" in out, f"it did not make them: {out}")
        talk.ask(asked + 1)
        end(neighbour)
    return f"1000000 random calls, {asked} questions answered meanwhile"


def one_that_cannot_suspend(guests):
    """Is told of, and goes on."""
    guest = guests.start("spin")
    expect("spin" in guest.stdout.readline(), "it does not start")
    guest.send_signal(signal.SIGTSTP)
    line = guest.stderr.readline()
    expect("does not make ready for a suspend" in line, f"it says {line!r}")
    expect(state_of(guest.pid) != "T", "it stopped")
    guest.send_signal(signal.SIGINT)
    guest.stderr.readline()
    guest.send_signal(signal.SIGINT)
    guest.communicate(timeout=20)
    return "the guest goes on"


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def nothing_is_left(guests):
    """Of a console of each kind, whatever ends its guest."""
    with tempfile.TemporaryDirectory() as folder:
        path, console = socket_console(folder)
        guest = guests.start("console-echo", *console)
        Talk(path).ask(1)
        family = carriers(guest)
        expect("paravane-consol" in family, f"no backend among {family}")
        end(guest)
        expect(not os.path.exists(path), "the socket is left behind")
        guest = guests.start("console-echo", *console)
        Talk(path).ask(1)
        family = carriers(guest)
        guest.kill()
        guest.communicate()
        expect(until(lambda: not any(name_of(pid).startswith("paravane") for pid in family.values())),
               "processes are left behind")
        # A socket that nobody listens at is in nobody's way.
        guest = guests.start("console-echo", *console)
        time.sleep(0.3)
        Talk(path).ask(1)
        end(guest)
    return "no process and no socket"


sys.exit(main(by_name(backend_dies, backend_dies_while_typed, backend_dies_for_ever,
                      flood_and_neighbour, million_random_calls,
                      one_that_cannot_suspend, nothing_is_left), *sys.argv[1:]))
