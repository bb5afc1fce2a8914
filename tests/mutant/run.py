#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds each seeded defect of a tree and shows that a test finds it.

usage: run.py --tree DIR --folders NAME ... --mutants FILE --killers FILE --work DIR [--jobs N] [--only NAME ...]

A mutant's `file` is a path in the tree, in one of the folders. Its killers are built with a copy of those
folders, {tree} in their commands, in front of the tree itself.

Exit status: 0 all were killed, 1 one survived, did not build, or a killer fails without any mutant,
2 the list itself is wrong.
"""
import argparse
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib


def build(killer, tree, program):
    """Returns the compiler's complaint, or None."""
    for command in killer["build"]:
        words = [w.replace("{tree}", str(tree)).replace("{program}", str(program)) for w in command]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return done.stdout + done.stderr
    return None


def run(killer, program):
    """Returns how the program failed, or None when it passed."""
    words = [w.replace("{program}", str(program)) for w in killer["run"]]
    try:
        done = subprocess.run(words, capture_output=True, check=False, timeout=killer["timeout"])
    except subprocess.TimeoutExpired:
        return f"hung for {killer['timeout']} s"
    if done.returncode == 0:
        return None
    return f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"


def mutated_tree(original, folders, copy, mutant):
    for folder in folders:
        shutil.copytree(original / folder, copy / folder)
    path = copy / mutant["file"]
    path.write_text(path.read_text().replace(mutant["before"], mutant["after"]))
    return copy


def try_mutant(mutant, killers, tree, folders, work):
    """Returns (killed, text)."""
    folder = work / mutant["name"]
    folder.mkdir()
    try:
        copy = mutated_tree(tree, folders, folder / "tree", mutant)
        for name in mutant["killers"]:
            program = folder / name
            complaint = build(killers[name], copy, program)
            if complaint:
                return False, f"does not build for {name}:\n{complaint}"
            how = run(killers[name], program)
            if how:
                return True, f"killed by {name} ({how})"
        return False, "SURVIVED " + ", ".join(mutant["killers"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def try_killer(name, killers, tree, work):
    """The control: without a mutant every killer passes. Returns (passed, text)."""
    program = work / f"control-{name}"
    complaint = build(killers[name], tree, program)
    if complaint:
        return False, f"does not build:\n{complaint}"
    how = run(killers[name], program)
    program.unlink()
    return how is None, "passes unmutated" if how is None else f"fails unmutated ({how})"


def faults_of(mutants, killers, tree):
    seen = set()
    for mutant in mutants:
        name = mutant["name"]
        text = (tree / mutant["file"]).read_text()
        if name in seen:
            yield f"{name}: named twice"
        seen.add(name)
        if text.count(mutant["before"]) != 1:
            yield f"{name}: `before` is in {mutant['file']} {text.count(mutant['before'])} times, not once"
        if mutant["before"] == mutant["after"]:
            yield f"{name}: changes nothing"
        yield from (f"{name}: no killer named {k}" for k in mutant["killers"] if k not in killers)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--tree", type=pathlib.Path, required=True)
    options.add_argument("--folders", nargs="+", required=True)
    options.add_argument("--mutants", type=pathlib.Path, required=True)
    options.add_argument("--killers", type=pathlib.Path, required=True)
    options.add_argument("--work", type=pathlib.Path, required=True)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--only", nargs="*")
    given = options.parse_args()

    mutants = tomllib.loads(given.mutants.read_text())["mutant"]
    killers = json.loads(given.killers.read_text())
    faults = list(faults_of(mutants, killers, given.tree))
    if faults:
        print("\n".join(faults))
        return 2
    if given.only:
        if unknown := set(given.only) - {m["name"] for m in mutants}:
            print(f"no such mutant: {' '.join(sorted(unknown))}")
            return 2
        mutants = [m for m in mutants if m["name"] in given.only]
    shutil.rmtree(given.work, ignore_errors=True)
    given.work.mkdir(parents=True)

    used = sorted({k for m in mutants for k in m["killers"]})
    failed = []
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        jobs = [(f"control {k}", pool.submit(try_killer, k, killers, given.tree, given.work)) for k in used]
        jobs += [(m["name"], pool.submit(try_mutant, m, killers, given.tree, given.folders, given.work)) for m in mutants]
        for name, job in jobs:
            good, text = job.result()
            print(f"{name:42} {text}", flush=True)
            if not good:
                failed.append(name)
    killed = len(mutants) - len([n for n in failed if not n.startswith("control ")])
    print(f"{len(mutants)} mutants, {killed} killed, {len(mutants) - killed} not, "
          f"in {time.monotonic() - began:.0f} s")
    return 1 if failed or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
