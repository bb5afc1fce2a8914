#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The coverage report refuses what its rules forbid, and the count itself is right about headers.

With a folder as argument, also compiles two programs there that each take one way of a header's branch,
runs them and has gcovr count: together they took both.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
RULES = "lines 75\nexclude shared-rings/demo/\nbranches shared-rings/rules.h\n"

HEADER = """static inline int sign(int value)
{
    if (value < 0)
        return -1;
    return 1;
}
static inline int unused(int value)
{
    return value;
}
"""


def line(number, count, ways=()):
    return {"line_number": number, "count": count, "gcovr/noncode": False,
            "branches": [{"count": way, "fallthrough": False, "throw": False} for way in ways]}


class Report(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "shared-rings").mkdir()
        for name in ("rules.h", "ring.h"):
            (self.folder / "shared-rings" / name).write_text(HEADER)

    def judge(self, files):
        (self.folder / "rules").write_text(RULES)
        document = {"files": [{"file": name, "lines": lines} for name, lines in files.items()]}
        (self.folder / "coverage.json").write_text(json.dumps(document))
        return self.report()

    def report(self):
        done = subprocess.run([sys.executable, HERE / "report.py", "--rules", "rules", "coverage.json"],
                              cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_what_is_met_passes(self):
        status, _ = self.judge({"shared-rings/rules.h": [line(3, 2, (1, 1)), line(4, 1), line(5, 1)],
                                "shared-rings/ring.h": [line(3, 0)]})
        self.assertEqual(status, 0)

    def test_too_few_lines(self):
        status, text = self.judge({"shared-rings/rules.h": [line(3, 2, (1, 1))],
                                   "shared-rings/ring.h": [line(3, 0)]})
        self.assertEqual(status, 1)
        self.assertIn("shared-rings/ring.h:3: if (value < 0)", text)

    def test_a_branch_of_a_validator_that_went_one_way(self):
        status, text = self.judge({"shared-rings/rules.h": [line(3, 2, (2, 0)), line(4, 1)]})
        self.assertEqual(status, 1)
        self.assertIn("one way only  shared-rings/rules.h: lines 3", text)

    def test_a_validator_that_was_not_counted(self):
        status, _ = self.judge({"shared-rings/ring.h": [line(3, 2, (1, 1))]})
        self.assertEqual(status, 1)

    def test_an_excluded_folder_does_not_count(self):
        status, _ = self.judge({"shared-rings/rules.h": [line(3, 2, (1, 1))],
                                "shared-rings/demo/main.cpp": [line(1, 0), line(2, 0), line(3, 0)]})
        self.assertEqual(status, 0)

    @unittest.skipUnless(shutil.which("gcovr") and shutil.which("g++"), "gcovr and g++ are not here")
    def test_programs_add_up(self):
        def compiled(name, *options):
            subprocess.run(["g++", "-O0", "--coverage", *options, f"{name}.cpp"], cwd=self.folder, check=True)

        def build(name, value):
            source = f'#include "shared-rings/rules.h"\nint main() {{ return sign({value}) == 0; }}\n'
            (self.folder / f"{name}.cpp").write_text(source)
            compiled(name, "-o", name)

        def counted(programs):
            for name in programs:
                subprocess.run([f"./{name}"], cwd=self.folder, check=True)
            subprocess.run(["gcovr", "--root", ".", "--filter", "shared-rings/", "--json", "coverage.json"],
                           cwd=self.folder, check=True, capture_output=True)
            return self.report()

        (self.folder / "rules").write_text(RULES.replace("75", "60"))
        build("below", -1)
        build("above", 1)
        # What an object file of all functions is for: unused() has counters only there.
        (self.folder / "every.cpp").write_text('#include "shared-rings/rules.h"\n')
        compiled("every", "-c", "-fkeep-inline-functions", "-fkeep-static-functions")

        status, text = counted(["below"])
        self.assertEqual(status, 1, text)
        self.assertIn("one way only  shared-rings/rules.h: lines 3", text)
        status, text = counted(["above"])
        self.assertEqual(status, 0, text)
        self.assertIn("shared-rings/rules.h:9: return value;", text)


if __name__ == "__main__":
    unittest.main()
