#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The summary tells passed, failed and skipped apart, and fails where it must."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent

PASS = '<testcase name="{name}" time="{seconds}" status="run"><system-out>fine</system-out></testcase>'
FAIL = ('<testcase name="{name}" time="{seconds}" status="fail"><failure message=""/>'
        "<system-out>it broke</system-out></testcase>")
SKIP = ('<testcase name="{name}" time="{seconds}" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>'
        "<system-out>{output}</system-out></testcase>")
NOT_RUN = ('<testcase name="{name}" time="0" status="notrun"><skipped message="Unable to find executable"/>'
           "<system-out></system-out></testcase>")


class Summary(unittest.TestCase):
    def summarise(self, cases, budgets="", extra="", factor="1", selected=None):
        """Status and lines of a run in which `cases` (template, name, seconds, output) happened."""
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder)
            body = "".join(template.format(name=name, seconds=seconds, output=output)
                           for template, name, seconds, output in cases)
            (results / "release.xml").write_text(f"<testsuite>{body}</testsuite>")
            names = selected or [name for _, name, _, _ in cases]
            tests = [{"name": name, "properties": [{"name": "LABELS", "value": ["quick"]}]} for name in names]
            (results / "release.json").write_text(json.dumps({"tests": tests}))
            (results / "steps.tsv").write_text("release\t1.0\t10\t0\n")
            (results / "extra.tsv").write_text(extra)
            (results / "budgets").write_text(budgets)
            done = subprocess.run(
                [sys.executable, HERE / "summarise.py", "--results", results, "--budgets", results / "budgets"],
                capture_output=True, text=True, check=False,
                env={**os.environ, "PARAVANE_BUDGET_FACTOR": factor})
            self.assertEqual(done.stderr, "")
            return done.returncode, done.stdout.splitlines()

    def test_all_pass(self):
        status, lines = self.summarise([(PASS, "a", 1, ""), (PASS, "b", 1, "")])
        self.assertEqual((status, lines[-1]), (0, "2 passed, 0 failed, 0 skipped"))

    def test_a_failure_is_named_with_its_output_and_how_to_repeat_it(self):
        status, lines = self.summarise([(PASS, "a", 1, ""), (FAIL, "b.c", 1, "")])
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("      again: ctest --preset release -R '^b.c$'", lines)
        self.assertIn("it broke", lines)

    def test_a_skip_gives_its_reason(self):
        status, lines = self.summarise([(PASS, "a", 1, ""), (SKIP, "b", 1, "x\nSKIP: no /dev/kvm\ny")])
        self.assertEqual((status, lines[-1]), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertIn("  release: b: no /dev/kvm", lines)

    def test_a_skip_without_a_reason_is_a_failure(self):
        status, lines = self.summarise([(PASS, "a", 1, ""), (SKIP, "b", 1, "nothing")])
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_a_program_that_was_not_there_is_a_failure(self):
        status, lines = self.summarise([(PASS, "a", 1, ""), (NOT_RUN, "b", 0, "")])
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_a_test_without_a_report_is_a_failure(self):
        status, lines = self.summarise([(PASS, "a", 1, "")], selected=["a", "b"])
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_nothing_ran(self):
        status, lines = self.summarise([])
        self.assertEqual((status, lines[-1]), (1, "0 passed, 0 failed, 0 skipped"))
        status, lines = self.summarise([(SKIP, "a", 1, "SKIP: nothing here")])
        self.assertEqual((status, lines[-1]), (1, "0 passed, 0 failed, 1 skipped"))

    def test_a_label_over_its_budget_is_a_failure(self):
        cases = [(PASS, "a", 3, ""), (PASS, "b", 3, "")]
        status, lines = self.summarise(cases, budgets="quick release 5 # tight\n")
        self.assertEqual((status, lines[-1]), (1, "2 passed, 1 failed, 0 skipped"))
        status, lines = self.summarise(cases, budgets="quick release 5\n", factor="2")
        self.assertEqual((status, lines[-1]), (0, "2 passed, 0 failed, 0 skipped"))

    def test_other_results_count(self):
        row = "{0}\tcoverage\t{1}\t2.0\tno-such-log\t./bootstrap coverage\n"
        status, lines = self.summarise([(PASS, "a", 1, "")], extra=row.format("coverage.x", "pass"))
        self.assertEqual((status, lines[-1]), (0, "2 passed, 0 failed, 0 skipped"))
        status, lines = self.summarise([(PASS, "a", 1, "")], extra=row.format("coverage.x", "fail"))
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))


if __name__ == "__main__":
    unittest.main()
