# SPDX-License-Identifier: Apache-2.0
"""The files of the repository, and how checks announce themselves to lint.py."""
import json
import os
import subprocess
from functools import cached_property
from pathlib import Path

CHECKS = {}

CXX_SUFFIXES = (".c", ".h", ".cpp", ".hpp")
SOURCE_SUFFIXES = CXX_SUFFIXES + (".py", ".sh", ".cmake", ".pml")


def check(name):
    """Registers a function(tree) that returns jobs; a job, called, returns a list of problems."""

    def register(function):
        CHECKS[name] = function
        return function

    return register


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, **options)


def problems_of(command, **options):
    """A job's result from a command that is silent about what is right."""
    done = run(command, **options)
    return [] if done.returncode == 0 else [done.stdout.strip() or f"{command[0]}: {done.returncode}"]


class Tree:
    """Everything git tracks or would track, as paths relative to `root`, the working directory."""

    def __init__(self, root, compile_commands):
        self.root = root
        self.compile_commands = compile_commands

    @cached_property
    def files(self):
        # The clone may belong to somebody else than who checks it.
        command = ["git", "-c", f"safe.directory={self.root}", "-C", self.root, "ls-files", "-z",
                   "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"lint: git cannot list the files: {done.stderr.strip()}")
        names = set(done.stdout.split("\0")) - {""}
        return sorted(name for name in names if os.path.isfile(name))

    @cached_property
    def commands(self):
        path = Path(self.compile_commands)
        if not path.exists():
            raise SystemExit(f"lint: {path} is missing: configure the clang preset, or run ./bootstrap lint")
        return json.loads(path.read_text())

    def having(self, *suffixes):
        return [name for name in self.files if name.endswith(suffixes)]

    @cached_property
    def sources(self):
        """Written by people, in a language: what must have a licence and a bounded length."""
        return [name for name in self.files
                if name.endswith(SOURCE_SUFFIXES) or Path(name).name == "CMakeLists.txt"
                or self.interpreter(name)]

    def text(self, name):
        return Path(name).read_text(errors="replace")

    def interpreter(self, name):
        with open(name, "rb") as file:
            start = file.read(80)
        return start.split(b"\n")[0].decode(errors="replace") if start.startswith(b"#!") else ""
