#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the checks of the sources, several at a time, and ends with their count."""
import argparse
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import checks_cxx  # noqa: F401
import checks_headers  # noqa: F401
import checks_tree  # noqa: F401
from tree import CHECKS, Tree

SHOWN_LINES = 60
HEARTBEAT_SECONDS = 15


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the checks and stop")
    parser.add_argument("--only", action="append", choices=sorted(CHECKS), help="run this check")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("PARAVANE_JOBS") or os.cpu_count() or 1))
    parser.add_argument("--root", default=Path(__file__).resolve().parents[2], help="the repository")
    parser.add_argument("--compile-commands", default="build/clang/compile_commands.json")
    return parser.parse_args()


class Progress:
    """One check's jobs: how many are left, and what they found."""

    def __init__(self, name, futures):
        self.name = name
        self.futures = set(futures)
        self.total = len(self.futures)
        self.problems = []

    def collect(self, done):
        for future in done & self.futures:
            self.futures.discard(future)
            self.problems += future.result()
        return not self.futures

    def report(self):
        parts = f"{self.total} part" + ("s" if self.total != 1 else "")
        print(f"  {'FAILED' if self.problems else 'ok':<7} {self.name} ({parts})", flush=True)
        if self.problems:
            lines = "\n".join(self.problems).splitlines()
            print("\n".join(f"      {line}" for line in lines[:SHOWN_LINES]))
            if len(lines) > SHOWN_LINES:
                print(f"      ... and {len(lines) - SHOWN_LINES} lines more")


def run_checks(tree, names, jobs):
    """The names of the checks that failed."""
    failed = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        running = [Progress(name, [pool.submit(job) for job in CHECKS[name](tree)]) for name in names]
        done, said = set(), time.monotonic()
        while running:
            for progress in [progress for progress in running if progress.collect(done)]:
                running.remove(progress)
                progress.report()
                if progress.problems:
                    failed.append(progress.name)
            pending = set().union(*(progress.futures for progress in running))
            done, _ = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
            if time.monotonic() - said > HEARTBEAT_SECONDS:
                said = time.monotonic()
                left = running[0]
                print(f"  ...     {left.name}: {left.total - len(left.futures)} of {left.total}", flush=True)
    return failed


def main():
    options = arguments()
    # The long one last, so that the others have said their word meanwhile.
    names = options.only or sorted(CHECKS, key=lambda name: name == "tidy")
    if options.list:
        print("\n".join(CHECKS))
        return
    root = os.path.realpath(options.root)
    os.chdir(root)
    failed = run_checks(Tree(root, options.compile_commands), names, options.jobs)
    print(f"lint: {len(names) - len(failed)} checks passed, {len(failed)} failed"
          + (f": {' '.join(failed)}" if failed else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
