#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a guest kernel's image must be: free of privileged instructions, and laid out as a host expects.
  image.py COMPILER IMAGE CASE
Exit status 0: it is; 1: it is not, and a line each says why; 77: binutils are missing."""
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = 4096
VIRTUAL_BASE = 0x200000000000

# What faults at CPL 3, or does where ports are closed. `iret` is not among them: it returns to the same level.
PRIVILEGED = re.compile(r"""^(
      hlt | cli | sti | in | ins[bwld] | out | outs[bwld]
    | l[gil]dt | ltr | s[gil]dt | str | smsw | lmsw | clts
    | rdmsr | wrmsr | rdpmc | swapgs | (rd|wr)[fg]sbase
    | sysenter | syscall | sysret[lq]? | sysexit[lq]?
    | invlpg | invpcid | invd | wbinvd | wbnoinvd | invlpga | invept | invvpid
    | vm[a-z0-9]+ | clgi | stgi | skinit | xsetbv | monitorx? | mwaitx? | rsm | getsec | encl[su]
    | lret[lq]? | popf[wlq]?
    )$""", re.VERBOSE)
CONTROL_REGISTER = re.compile(r"%(cr|dr|db)\d+")
PREFIXES = {"lock", "rep", "repz", "repnz", "cs", "ds", "es", "fs", "gs", "ss", "data16", "addr32", "bnd",
            "notrack", "rex.W"}

# One line each that the check must find, alone in an object.
PRIVILEGED_LINES = [
    "hlt", "cli", "sti", "in %dx, %al", "in $0x80, %eax", "out %eax, %dx", "rep outsb", "rep insl",
    "lgdt (%rax)", "lidt (%rax)", "lldt %ax", "ltr %ax", "sgdt (%rax)", "clts", "mov %cr3, %rax",
    "mov %rax, %cr0", "mov %rax, %dr7", "rdmsr", "wrmsr", "swapgs", "wrfsbase %rax", "syscall",
    "sysretq", "sysexitl", "invlpg (%rax)", "wbinvd", "vmcall", "vmmcall", "vmlaunch", "xsetbv", "lretq", "popfq",
]
# And what it must let pass.
ALLOWED_LINES = ["iretq", "int3", "ud2", "rdtsc", "pause", "pushfq", "cpuid", "rep movsb", "lock btsq $1, (%rax)",
                 "fxsave64 (%rax)", "movq %rax, %xmm0", "call *%rax", "nop"]


def disassembly(path):
    done = subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", "--wide", str(path)],
                          capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def privileged(path):
    """(where, instruction) of each that is. Fails where there is no code at all, or what is no instruction."""
    function, found, count = "", [], 0
    for line in disassembly(path):
        if named := re.match(r"^[0-9a-f]+ <(.+)>:$", line):
            function = named.group(1)
        parsed = re.match(r"^\s*([0-9a-f]+):\s+(\S.*)$", line)
        if not parsed:
            continue
        count += 1
        text = parsed.group(2).split("#")[0].strip()
        words = text.split()
        while len(words) > 1 and words[0] in PREFIXES:
            words.pop(0)
        if PRIVILEGED.match(words[0]) or CONTROL_REGISTER.search(text) or "(bad)" in text:
            found.append((f"{function} at {parsed.group(1)}", text))
    if count == 0:
        raise SystemExit(f"{path}: no code in it")
    return found


def unprivileged(_compiler, image):
    return [f"{where}: {instruction}" for where, instruction in privileged(image)]


def unprivileged_selftest(compiler, _image):
    """Shows that the check can fail: with each privileged instruction alone, and none of the others."""
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for line in PRIVILEGED_LINES + ALLOWED_LINES:
            source, made = Path(folder, "one.s"), Path(folder, "one.o")
            source.write_text(f"one:\n    nop\n    {line}\n    nop\n")
            subprocess.run([compiler, "-c", str(source), "-o", str(made)], check=True)
            found = [instruction for _, instruction in privileged(made)]
            if line in PRIVILEGED_LINES and len(found) != 1:
                problems.append(f"{line}: not found, but {found}")
            if line in ALLOWED_LINES and found:
                problems.append(f"{line}: taken for privileged")
    return problems


def layout(_compiler, image):
    """The rules of image.h, and that no segment may be written and executed."""
    data = Path(image).read_bytes()
    kind, machine = struct.unpack_from("<HH", data, 16)
    entry, headers_at = struct.unpack_from("<QQ", data, 24)
    size, count = struct.unpack_from("<HH", data, 54)
    problems, pages, entries = [], set(), 0

    if data[:6] != b"\x7fELF\x02\x01" or (kind, machine) != (2, 62):
        problems.append("not a static ELF64 program for x86-64")
    notes = 0
    for index in range(count):
        form, flags, offset, virtual, physical, in_file, in_memory, _ = struct.unpack_from(
            "<IIQQQQQQ", data, headers_at + index * size)
        if form == 1:
            if virtual != physical + VIRTUAL_BASE:
                problems.append(f"segment {index}: virtual {virtual:#x}, physical {physical:#x}")
            if flags & 3 == 3:
                problems.append(f"segment {index}: may be written and executed")
            own = set(range(virtual // PAGE, (virtual + in_memory + PAGE - 1) // PAGE))
            if own & pages:
                problems.append(f"segment {index}: shares a page with another")
            pages |= own
            entries += int(flags & 1 and virtual <= entry < virtual + in_memory)
        elif form == 4:
            wanted = struct.pack("<III", 9, 8, 1) + b"Paravane\0\0\0\0" + struct.pack("<II", 1, 0)
            notes += data[offset:offset + in_file].count(wanted)
        elif form in (2, 3, 7):
            problems.append(f"segment {index}: dynamic, interpreter or thread-local")
    if entries != 1:
        problems.append(f"the entry {entry:#x} is not in the code")
    if notes != 1:
        problems.append(f"{notes} notes of ours")
    return problems


CASES = {"unprivileged": unprivileged, "unprivileged-selftest": unprivileged_selftest, "layout": layout}


def main():
    compiler, image, case = sys.argv[1:]
    if not shutil.which("objdump"):
        print("SKIP: objdump is not installed")
        sys.exit(77)
    problems = CASES[case](compiler, image)
    print("\n".join(problems) if problems else f"{case}: as it should be")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
