# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone: nothing has to be included before it."""
import re
import shlex
from functools import cache

import policy
from tree import check, problems_of, run

C11 = ["-x", "c", "-std=c11"]
WIRE_PREFIXES = tuple(f"{folder}/" for folder in policy.WIRE_INCLUDES)
WIRE_OPTIONS = [word for folder in policy.WIRE_INCLUDES for word in ("-I", folder)]
CXX20 = ["-x", "c++", "-std=c++20"]
COMPILERS = {"c": ("gcc", "clang"), "c++": ("g++", "clang++")}
FREESTANDING = ["-ffreestanding", "-nostdlib"]


@cache
def own_includes(compiler):
    """The folder of the headers that a freestanding C compiler brings itself."""
    if compiler.startswith("clang"):
        return run([compiler, "-print-resource-dir"]).stdout.strip() + "/include"
    return run([compiler, "-print-file-name=include"]).stdout.strip()


def compiled_alone(compiler, language, header, options):
    warnings = policy.WARNINGS + (policy.C_WARNINGS if language is C11 else [])
    return [compiler, *language, "-pedantic-errors", "-Werror", *warnings, "-fsyntax-only",
            *options, "-include", header, "/dev/null"]


def alone(compiler, language, header, options):
    command = compiled_alone(compiler, language, header, options)
    return lambda: [f"{shlex.join(command)}\n{text}" for text in problems_of(command)]


def wire_headers(tree, *suffixes):
    return [name for name in tree.having(*suffixes) if name.startswith(WIRE_PREFIXES)]


@check("headers-c11")
def headers_c11(tree):
    """Hosted, and freestanding with no header at hand but the compiler's own."""
    jobs = []
    for header in wire_headers(tree, ".h"):
        for compiler in COMPILERS["c"]:
            bare = [*FREESTANDING, "-nostdinc", "-isystem", own_includes(compiler)]
            for options in ([], bare):
                jobs.append(alone(compiler, C11, header, [*WIRE_OPTIONS, *options]))
    return jobs


@check("headers-c++20")
def headers_cxx20(tree):
    jobs = []
    for header in wire_headers(tree, ".h", ".hpp"):
        for compiler in COMPILERS["c++"]:
            modes = ([], FREESTANDING) if header.endswith(".h") else ([],)
            for options in modes:
                jobs.append(alone(compiler, CXX20, header, [*WIRE_OPTIONS, *options]))
    return jobs


@check("headers-targets")
def headers_targets(tree):
    """The same C on other machines; nothing is needed of them but clang's knowledge of their ABI."""
    includes = ["-nostdinc", "-isystem", own_includes("clang"), *WIRE_OPTIONS]
    return [alone("clang", C11, header, [f"--target={target}", *FREESTANDING, *includes])
            for header in wire_headers(tree, ".h") for target in policy.OTHER_TARGETS]


def include_options(tree):
    """Every include folder of every source, in the order in which they first appear."""
    options = {}
    for entry in tree.commands:
        if entry["file"].endswith(".S"):
            continue  # the system's folders are named there, which others have by themselves
        words = entry.get("arguments") or shlex.split(entry["command"])
        for flag, value in zip(words, words[1:] + [""]):
            if flag in ("-I", "-isystem"):
                options[flag, value] = True
            elif flag.startswith("-I"):
                options["-I", flag[2:]] = True
    return [word for option in options for word in option]


@check("headers-others")
def headers_others(tree):
    headers = [name for name in tree.having(".h", ".hpp")
               if not name.startswith((*WIRE_PREFIXES, "guest-kernel-patches/"))]
    if not headers:
        return []
    options = include_options(tree)
    return [alone(compiler, CXX20, header, options)
            for header in headers for compiler in COMPILERS["c++"]]


@check("wire-padding")
def wire_padding(tree):
    """No struct of a wire header has padding. Of what it includes, other headers answer for themselves."""

    def job(header):
        if header not in tree.files:
            return [f"{header}: listed in policy.py, but not there"]
        command = ["gcc", *C11, "-fsyntax-only", "-Wpadded", *WIRE_OPTIONS,
                   "-include", header, "/dev/null"]
        lines = run(command).stdout.splitlines()
        return [line for line in lines if re.match(rf"(\./)?{re.escape(header)}:\d+.*(-Wpadded|error:)", line)]

    return [lambda header=header: job(header) for header in policy.WIRE_HEADERS]
