# SPDX-License-Identifier: Apache-2.0
"""clang-format and clang-tidy."""
import hashlib
import json
import os
import re
import shlex
from pathlib import Path

from tree import CXX_SUFFIXES, check, problems_of, run

STAMPS = Path("build/lint/tidy")


@check("format")
def clang_format(tree):
    files = [name for name in tree.having(*CXX_SUFFIXES) if not name.startswith("guest-kernel-patches/")]
    chunks = [files[start:start + 20] for start in range(0, len(files), 20)]
    return [lambda chunk=chunk: problems_of(["clang-format", "--dry-run", "-Werror", *chunk])
            for chunk in chunks]


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def key_of(words):
    text = run(["clang-tidy", "--version"]).stdout + digest(".clang-tidy") + shlex.join(words)
    return hashlib.sha256(text.encode()).hexdigest()


def is_fresh(stamp, key):
    """A stamp holds the key and, for each file that the source was made of, what was in it."""
    if not stamp.exists():
        return False
    kept = json.loads(stamp.read_text())
    return kept["key"] == key and all(
        os.path.exists(path) and digest(path) == content for path, content in kept["files"].items())


def write_stamp(stamp, key, words, folder):
    output = words.index("-o")
    listed = run([*words[:output], *words[output + 2:], "-MM", "-MT", "x"], cwd=folder)
    if listed.returncode != 0:
        return
    paths = listed.stdout.replace("\\\n", " ").partition(":")[2].split()
    files = {path: digest(path) for path in (os.path.join(folder, path) for path in paths)}
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(json.dumps({"key": key, "files": files}))


def tidy(tree, name, entry):
    words = entry.get("arguments") or shlex.split(entry["command"])
    key = key_of(words)
    stamp = STAMPS / (hashlib.sha256(f"{name} {entry.get('output', '')}".encode()).hexdigest()[:24] + ".json")
    if is_fresh(stamp, key):
        return []
    done = run(["clang-tidy", "--quiet", "-p", str(Path(tree.compile_commands).parent), name])
    if done.returncode == 0:
        write_stamp(stamp, key, words, entry["directory"])
        return []
    return [re.sub(r"^\d+ warnings?.* generated\.\n|^Suppressed .*\n", "", done.stdout, flags=re.M).strip()]


@check("tidy")
def clang_tidy(tree):
    """Each source as the clang preset compiles it. A source that did not change is not checked again."""
    jobs, seen = [], set()
    for entry in tree.commands:
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        name = os.path.relpath(path, tree.root)
        # A source of two programs is checked as the first of them compiles it.
        if name in tree.files and name.endswith(CXX_SUFFIXES) and name not in seen:
            seen.add(name)
            jobs.append(lambda name=name, entry=entry: tidy(tree, name, entry))
    return jobs
