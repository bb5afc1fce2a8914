#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up what ctest reported in every build tree and ends with `N passed, N failed, N skipped`.

Reads, in the results folder: PRESET.xml (ctest's JUnit file), PRESET.json (ctest's list of the tests,
for their labels), steps.tsv (preset, seconds, budget, ctest's status) and extra.tsv (results that are
not ctest's). Exit status 1 if anything failed, went over its budget, or if nothing ran.
"""
import argparse
import json
import os
import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass, field

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
SKIP_MESSAGE = "SKIP_RETURN_CODE=77"
SHOWN_LINES = 30


@dataclass
class Result:
    name: str
    preset: str
    outcome: str
    seconds: float
    labels: list = field(default_factory=list)
    why: str = ""
    output: str = ""
    rerun: str = ""


def rows_of(path):
    if not path.exists():
        return []
    return [line.split("\t") for line in path.read_text().splitlines() if line]


def labels_of(path):
    """The labels of every test that was selected, by its name."""
    selected = {}
    for test in json.loads(path.read_text())["tests"]:
        properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
        selected[test["name"]] = properties.get("LABELS", [])
    return selected


def skip_reason(output):
    for line in output.splitlines():
        _, found, reason = line.partition("SKIP: ")
        if found:
            return reason.strip()
    return ""


def result_of(case, preset, labels):
    output = case.findtext("system-out") or ""
    result = Result(
        name=case.get("name"),
        preset=preset,
        outcome=PASSED,
        seconds=float(case.get("time") or 0),
        labels=labels,
        output=output,
        rerun=f"ctest --preset {preset} -R '^{case.get('name')}$'",
    )
    skipped = case.find("skipped")
    if case.get("status") == "run":
        return result
    if skipped is None or skipped.get("message") != SKIP_MESSAGE:
        result.outcome = FAILED
        result.why = skipped.get("message", "") if skipped is not None else "failed"
        return result
    result.outcome, result.why = SKIPPED, skip_reason(output)
    if not result.why:
        result.outcome, result.why = FAILED, "was skipped without a line `SKIP: reason`"
    return result


def preset_results(folder, preset):
    labels = labels_of(folder / f"{preset}.json")
    xml = folder / f"{preset}.xml"
    cases = ElementTree.parse(xml).getroot().iter("testcase") if xml.exists() else []
    results = [result_of(case, preset, labels.get(case.get("name"), [])) for case in cases]
    reported = {result.name for result in results}
    for name in sorted(set(labels) - reported):
        results.append(Result(name, preset, FAILED, 0, labels[name], "ctest did not report it"))
    return results


def extra_results(folder):
    results = []
    for name, preset, outcome, seconds, log, rerun in rows_of(folder / "extra.tsv"):
        log_path = pathlib.Path(log)
        results.append(
            Result(
                name=name,
                preset=preset,
                outcome=PASSED if outcome == "pass" else FAILED,
                seconds=float(seconds),
                labels=[name.partition(".")[0]],
                why=f"see {log}",
                output=log_path.read_text(errors="replace") if log_path.exists() else "",
                rerun=rerun,
            )
        )
    return results


def over_budget(results, steps, budgets_file, factor):
    """Failures in the form of results: what took longer than it may."""
    spent = defaultdict(float)
    for result in results:
        for label in result.labels:
            spent[label, result.preset] += result.seconds
    budgets = {}
    if budgets_file:
        for line in budgets_file.read_text().splitlines():
            words = line.partition("#")[0].split()
            if words:
                budgets[words[0], words[1]] = float(words[2]) * factor
    over = []
    for (label, preset), budget in budgets.items():
        if spent[label, preset] > budget:
            why = f"label {label} took {spent[label, preset]:.1f} s of {budget:.0f} s"
            rerun = f"ctest --preset {preset} -L '^{label}$'"
            over.append(Result(f"budget.{label}", preset, FAILED, 0, [], why, rerun=rerun))
    for preset, seconds, budget, _ in steps:
        if budget != "-" and float(seconds) > float(budget) * factor:
            why = f"its tests took {seconds} s of {float(budget) * factor:.0f} s"
            over.append(Result("budget.preset", preset, FAILED, 0, [], why, rerun="./bootstrap test"))
    return budgets, over


def print_labels(results, budgets):
    groups = defaultdict(list)
    for result in results:
        for label in result.labels:
            groups[result.preset, label].append(result)
    print(f"\n{'preset':<10} {'label':<12} {'tests':>6} {'passed':>7} {'failed':>7} {'skipped':>8} "
          f"{'seconds':>8} {'budget':>7}")
    for (preset, label), members in groups.items():
        counts = [sum(member.outcome == outcome for member in members)
                  for outcome in (PASSED, FAILED, SKIPPED)]
        budget = budgets.get((label, preset))
        print(f"{preset:<10} {label:<12} {len(members):>6} {counts[0]:>7} {counts[1]:>7} "
              f"{counts[2]:>8} {sum(member.seconds for member in members):>8.1f} "
              f"{'' if budget is None else f'{budget:.0f}':>7}")


def print_failed(failed):
    print("\nFailed:")
    for result in failed:
        print(f"  {result.preset}: {result.name}: {result.why}")
        print(f"      again: {result.rerun}")
    for result in failed:
        lines = result.output.rstrip().splitlines()
        if not lines:
            continue
        print(f"\n----- {result.preset}: {result.name}, the last lines of {len(lines)}:")
        print("\n".join(lines[-SHOWN_LINES:]))


def print_skipped(skipped):
    print("\nSkipped:")
    for result in skipped:
        print(f"  {result.preset}: {result.name}: {result.why}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("--budgets", type=pathlib.Path, required=True)
    parser.add_argument("--no-label-budgets", action="store_true")
    options = parser.parse_args()

    factor = float(os.environ.get("PARAVANE_BUDGET_FACTOR") or 1)
    steps = rows_of(options.results / "steps.tsv")
    results = [result for preset, *_ in steps for result in preset_results(options.results, preset)]
    results += extra_results(options.results)
    budgets_file = None if options.no_label_budgets else options.budgets
    budgets, over = over_budget(results, steps, budgets_file, factor)

    print_labels(results, budgets)
    for preset, seconds, budget, _ in steps:
        allowed = "" if budget == "-" else f" of {float(budget) * factor:.0f} s"
        print(f"{preset}: its tests took {seconds} s{allowed}")
    results += over
    by_outcome = {outcome: [result for result in results if result.outcome == outcome]
                  for outcome in (PASSED, FAILED, SKIPPED)}
    if by_outcome[SKIPPED]:
        print_skipped(by_outcome[SKIPPED])
    if by_outcome[FAILED]:
        print_failed(by_outcome[FAILED])
    if not by_outcome[PASSED] and not by_outcome[FAILED]:
        print("\nNothing ran.")
    print(f"\n{len(by_outcome[PASSED])} passed, {len(by_outcome[FAILED])} failed, "
          f"{len(by_outcome[SKIPPED])} skipped")
    sys.exit(1 if by_outcome[FAILED] or not by_outcome[PASSED] else 0)


if __name__ == "__main__":
    main()
