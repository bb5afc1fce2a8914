#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names what a configured build tree must build for its tests of some labels: one target a line.

ctest itself tells the command of a test only once its program is there.
"""

import pathlib
import re
import subprocess
import sys

ADD = re.compile(r"^add_test\(\[=*\[(?P<name>.*?)\]=*\] (?P<command>.*)\)$", re.MULTILINE)
LABELS = re.compile(
    r"^set_tests_properties\(\[=*\[(?P<name>.*?)\]=*\] PROPERTIES .*? LABELS \"(?P<labels>[^\"]*)\"",
    re.MULTILINE,
)


def targets(tree: pathlib.Path) -> set[str]:
    lines = subprocess.run(
        ["ninja", "-C", str(tree), "-t", "targets", "all"], check=True, capture_output=True, text=True
    ).stdout
    return {line.rpartition(": ")[0] for line in lines.splitlines()}


def main() -> int:
    tree = pathlib.Path(sys.argv[1]).resolve()
    wanted = re.compile(sys.argv[2])
    known = targets(tree)
    found = set()
    for file in tree.rglob("CTestTestfile.cmake"):
        text = file.read_text()
        labels = {match["name"]: match["labels"].split(";") for match in LABELS.finditer(text)}
        for test in ADD.finditer(text):
            if not any(wanted.search(label) for label in labels.get(test["name"], [])):
                continue
            words = re.findall(re.escape(str(tree)) + r"/([^\"\\;,= ]+)", test["command"])
            found.update(word for word in words if word in known)
    print("\n".join(sorted(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
