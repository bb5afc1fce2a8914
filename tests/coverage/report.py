#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints how much of shared-rings/ the tests reached, from gcovr's JSON, and judges it by a rules file.

Exit status 1 if the lines are below the minimum, if a header whose every branch must be taken has one
that is not, or if such a header was not counted at all.
"""
import argparse
import json
import pathlib
import sys
from dataclasses import dataclass, field


@dataclass
class File:
    name: str
    lines: dict = field(default_factory=dict)  # number: executions
    branches: dict = field(default_factory=dict)  # number: executions of each way
    excluded: int = 0

    def missed_lines(self):
        return [number for number, count in sorted(self.lines.items()) if count == 0]

    def missed_branches(self):
        return [number for number, counts in sorted(self.branches.items()) if 0 in counts]

    def branch_counts(self):
        counts = [count for ways in self.branches.values() for count in ways]
        return len(counts) - counts.count(0), len(counts)


def read_rules(path):
    rules = {"lines": [], "exclude": [], "branches": []}
    for line in path.read_text().splitlines():
        words = line.partition("#")[0].split()
        if words:
            rules[words[0]].append(words[1])
    return float(rules["lines"][0]), tuple(rules["exclude"]), rules["branches"]


def read_files(path, excluded):
    files = {}
    for entry in json.loads(path.read_text())["files"]:
        if entry["file"].startswith(excluded):
            continue
        file = files.setdefault(entry["file"], File(entry["file"]))
        for line in entry["lines"]:
            number = line["line_number"]
            if line.get("gcovr/noncode"):
                file.excluded += bool(line.get("gcovr/excluded"))
                continue
            file.lines[number] = file.lines.get(number, 0) + line["count"]
            ways = [way["count"] for way in line["branches"] if not way.get("throw")]
            if ways:
                file.branches[number] = ways
    return [files[name] for name in sorted(files)]


def ranges(numbers):
    """1, 2, 3, 7 as `1-3 7`."""
    spans = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def share(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def print_row(name, lines, branches):
    print(f"{name:<52} {lines[0]:>5} of {lines[1]:<5} {share(*lines):>8}   "
          f"{branches[0]:>5} of {branches[1]:<5} {share(*branches):>8}")


def print_missed(files):
    for file in files:
        for number in file.missed_lines():
            text = pathlib.Path(file.name).read_text().splitlines()[number - 1]
            print(f"  not reached  {file.name}:{number}: {text.strip()}")
    for file in files:
        if file.missed_branches():
            print(f"  one way only  {file.name}: lines {ranges(file.missed_branches())}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=pathlib.Path, required=True)
    parser.add_argument("json", type=pathlib.Path)
    options = parser.parse_args()
    minimum, excluded, whole_branches = read_rules(options.rules)
    files = read_files(options.json, excluded)

    print(f"{'file':<52} {'lines':>14} {'':>8}   {'branches':>14}")
    reached = sum(len(file.lines) - len(file.missed_lines()) for file in files)
    total = sum(len(file.lines) for file in files)
    branch_counts = [file.branch_counts() for file in files]
    for file, counts in zip(files, branch_counts):
        print_row(file.name, (len(file.lines) - len(file.missed_lines()), len(file.lines)), counts)
    print_row("together", (reached, total), tuple(map(sum, zip((0, 0), *branch_counts))))
    print_missed(files)
    for file in files:
        if file.excluded:
            print(f"  {file.excluded} lines of {file.name} are excluded by markers")

    problems = []
    if total == 0:
        problems.append("no line was counted")
    elif 100 * reached / total < minimum:
        problems.append(f"{share(reached, total)} of the lines, not {minimum:g} %")
    counted = {file.name: file for file in files}
    for name in whole_branches:
        if name not in counted or not counted[name].branches:
            problems.append(f"{name} has no branch that was counted")
        elif counted[name].missed_branches():
            problems.append(f"{name}: not every branch is taken both ways")
    for problem in problems:
        print(f"coverage: {problem}")
    print("coverage: " + ("FAILED" if problems else f"met (lines {minimum:g} %, validators' branches whole)"))
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
