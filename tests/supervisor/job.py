#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""job.py PARAVANE CASE: a guest's console on a real terminal, which this program holds the other end of.

The guest is one that is a process, for the terminal is the same for all. Exit status: 0 passed, 1 failed.
"""
import os
import pty
import select
import signal
import sys
import termios
import time

SECONDS = 30 * int(os.environ.get("PARAVANE_TIMEOUT_FACTOR", "1"))


def expect(claim, what):
    if not claim:
        raise AssertionError(what)


class Terminal:
    """With a job of its own in front, as a shell would have it."""

    def __init__(self, *command):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)
        self.heard = ""

    def flags(self):
        return termios.tcgetattr(self.master)[3]

    def hear(self, text):
        end = time.monotonic() + SECONDS
        while text not in self.heard:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            expect(ready, f"never heard {text!r}: {self.heard!r}")
            try:
                self.heard += os.read(self.master, 4096).decode(errors="replace")
            except OSError:
                raise AssertionError(f"ended before {text!r}: {self.heard!r}") from None
        before, self.heard = self.heard.split(text, 1)
        return before

    def type(self, text):
        os.write(self.master, text.encode())

    def wait(self, options=0):
        """The next change of the job's state."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, options | os.WNOHANG)
            if pid != 0:
                return status
            time.sleep(0.01)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(f"it does not end, nor stop: {self.heard!r}")


def echo_is_the_guests(terminal):
    terminal.hear("keel> ")
    expect(not terminal.flags() & (termios.ECHO | termios.ICANON), "the terminal echoes, or edits lines")
    terminal.type("echo once\r")
    terminal.hear("echo once\r\nonce\r\n")
    terminal.hear("keel> ")
    terminal.type("exit 7\r")
    status = terminal.wait()
    expect(os.waitstatus_to_exitcode(status) == 7, f"status {status:#x}")
    expect(terminal.flags() & termios.ECHO, "the terminal was not given back as it was found")
    return "each key once, and the terminal is as it was"


def ctrl_c_asks(terminal):
    terminal.hear("keel> ")
    terminal.type("\x03")
    terminal.hear("asked the guest to shut down")
    status = terminal.wait()
    expect(os.waitstatus_to_exitcode(status) == 0, f"status {status:#x}")
    return "the guest powered off"


def ctrl_z_suspends(terminal):
    terminal.hear("keel> ")
    for turn in range(3):
        terminal.type("\x1a")
        status = terminal.wait(os.WUNTRACED)
        expect(os.WIFSTOPPED(status), f"turn {turn}: status {status:#x}, not stopped")
        expect(terminal.flags() & termios.ECHO, "a stopped job keeps the terminal")
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.hear(f"resumed in epoch {turn + 2}")
        terminal.type(f"echo turn {turn}\r")
        terminal.hear(f"\r\nturn {turn}\r\n")
    expect(not terminal.flags() & termios.ECHO, "the terminal was not taken again")
    terminal.type("exit\r")
    status = terminal.wait()
    expect(os.waitstatus_to_exitcode(status) == 0, f"status {status:#x}")
    return "stopped and gone on three times"


CASES = {case.__name__.replace("_", "-"): case for case in (echo_is_the_guests, ctrl_c_asks, ctrl_z_suspends)}


def main():
    program, name = sys.argv[1:]
    terminal = Terminal(program, "run", "--vehicle", "process", "--cmdline", "shell")
    try:
        print(f"{name}: {CASES[name](terminal)}")
    except AssertionError as problem:
        print(f"{name}: FAILED: {problem}")
        return 1
    finally:
        try:
            os.kill(terminal.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return 0


sys.exit(main())
