# SPDX-License-Identifier: Apache-2.0
"""Checks of names, texts and who includes whom."""
import os
import re
from pathlib import Path

import policy
from tree import CXX_SUFFIXES, check, problems_of


@check("top-level")
def top_level(tree):
    def job():
        names = {name.partition("/")[0] for name in tree.files}
        surplus = [name for name in names - policy.TOP_LEVEL if not name.startswith((".", "LICENSE"))]
        return [f"{name}: not one of the top level's names" for name in sorted(surplus)] \
            + [f"{name}: missing at the top level" for name in sorted(policy.TOP_LEVEL - names)]

    return [job]


@check("length")
def length(tree):
    def job():
        counts = {name: len(tree.text(name).splitlines()) for name in tree.sources}
        return [f"{name}: {count} lines, of at most {policy.MAX_LINES}"
                for name, count in counts.items() if count > policy.MAX_LINES]

    return [job]


def licence_of(text):
    found = re.search(r"SPDX-License-Identifier: ([^*\n]*)", "\n".join(text.splitlines()[:3]))
    return found.group(1).strip() if found else None


def licences_for(name):
    if name.startswith(tuple(f"{folder}/" for folder in policy.WIRE_INCLUDES)):
        either = (policy.WIRE_LICENCE, policy.LICENCE)
        return either if name.endswith(".hpp") else (policy.WIRE_LICENCE,)
    if name.startswith(policy.KERNEL_CODE) and name.endswith((".c", ".h")):
        return (policy.KERNEL_LICENCE,)
    return (policy.LICENCE,)


@check("licence")
def licence(tree):
    def job():
        problems = []
        for name in tree.sources:
            found, wanted = licence_of(tree.text(name)), licences_for(name)
            if found not in wanted:
                problems.append(f"{name}: SPDX-License-Identifier is {found}, not {' or '.join(wanted)}")
        return problems

    return [job]


CODE_TO_POINTER = re.compile(
    r"""pv_shared_pointer\b
      | reinterpret_cast\s*<[^<>;]*\*\s*(?:const)?\s*>\s*\(+[^;()]*(?:\.|->)address\b
      | \([^();]*\*\s*(?:const)?\s*\)\s*\(*\s*(?:\(\s*uintptr_t\s*\)\s*)?\(*[\w.>\-\[\]]*(?:\.|->)address\b
      | NOLINT[A-Z]*\([^)]*performance-no-int-to-ptr
    """, re.VERBOSE)
POINTER_TO_CODE = re.compile(r"pv_shared_from_pointer\b")


def lines_with(text, pattern):
    return [text.count("\n", 0, found.start()) + 1 for found in pattern.finditer(text)]


@check("shared-pointers")
def shared_pointers(tree):
    """Raw pointers into shared memory: see POINTER_FILES. clang-tidy's no-int-to-ptr guards the types."""

    def job():
        problems = []
        if len(policy.POINTER_FILES) > policy.MAX_POINTER_FILES:
            problems.append(f"more than {policy.MAX_POINTER_FILES} files may hold pointers to shared memory")
        for name in tree.having(*CXX_SUFFIXES):
            in_rooms = name.startswith(tuple(f"{room}/" for room in policy.GUARDED_ROOMS))
            if name in policy.POINTER_FILES or name in policy.POINTER_FILES_OF_TESTS:
                continue
            text = tree.text(name)
            lines = lines_with(text, CODE_TO_POINTER)
            if in_rooms:
                lines += lines_with(text, POINTER_TO_CODE)
            problems += [f"{name}:{line}: a pointer into shared memory" for line in sorted(lines)]
        return problems

    return [job]


INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def resolves_in_shared_rings(name, target):
    near = os.path.normpath(Path(name).parent / target)
    return (near.startswith("shared-rings/") and os.path.isfile(near)) \
        or os.path.isfile(Path(policy.WIRE_INCLUDES[0]) / target)


@check("rooms")
def rooms(tree):
    """shared-rings uses nothing of another room: no header, no target."""

    def job():
        problems = []
        others = [name for name in tree.having(".h", ".hpp") if not name.startswith("shared-rings/")]
        for name in [name for name in tree.files if name.startswith("shared-rings/")]:
            text = tree.text(name)
            if name.endswith(CXX_SUFFIXES):
                for _, target in INCLUDE.findall(text):
                    if resolves_in_shared_rings(name, target):
                        continue
                    if target.startswith("../") or any(
                            f"/{other}".endswith(f"/{target}") for other in others):
                        problems.append(f"{name}: includes {target} of another room")
            if Path(name).name == "CMakeLists.txt":
                used = set(re.findall(r"paravane::\w+", text))
                problems += [f"{name}: uses {target} of another room"
                             for target in sorted(used - policy.TARGETS_OF_SHARED_RINGS)]
        return problems

    return [job]


@check("shell")
def shell(tree):
    scripts = [name for name in tree.files if re.search(r"\b(ba|da)?sh\b", tree.interpreter(name))]
    return [lambda name=name: problems_of(
        ["shellcheck", "--external-sources", "--check-sourced", name]) for name in scripts]


@check("python")
def python(tree):
    def job():
        problems = []
        for name in tree.files:
            if name.endswith(".py") or "python" in tree.interpreter(name):
                try:
                    compile(tree.text(name), name, "exec")
                except SyntaxError as error:
                    problems.append(f"{name}:{error.lineno}: {error.msg}")
        return problems

    return [job]
