# SPDX-License-Identifier: Apache-2.0
"""What the checks hold the tree to."""

# The top level: these names, all of them, and LICENSE* and dotfiles besides.
TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "README.md", "bootstrap",
    "backend", "docs", "frontend-drivers", "guest-kernel-patches", "hypercall", "shared-rings", "tests",
}

MAX_LINES = 600

# Rooms whose sources may not touch shared memory by a pointer, but for these files (at most three).
GUARDED_ROOMS = ("shared-rings", "backend", "frontend-drivers", "hypercall")
POINTER_FILES = [
    "shared-rings/include/paravane/shared_access.h",
    "shared-rings/include/paravane/shared_bits.h",
    "shared-rings/include/paravane/shared_memory.hpp",
]
MAX_POINTER_FILES = 3
# Tests bring access policies of their own.
POINTER_FILES_OF_TESTS = [
]

WIRE_INCLUDES = ("shared-rings/include", "hypercall/include")
# Headers whose structs lie in shared memory: the compiler may add no padding to any of them.
WIRE_HEADERS = [f"shared-rings/include/paravane/{name}" for name in (
    "blk.h", "console.h", "message.h", "net.h", "ring.h", "wire.h",
)] + [f"hypercall/include/paravane/{name}" for name in (
    "event.h", "grant.h", "hypercall.h", "image.h", "mailbox.h", "start_info.h", "store.h", "time_page.h",
)]

# CMake targets of the project that shared-rings may link.
TARGETS_OF_SHARED_RINGS = {"paravane::rings", "paravane::warnings"}

WARNINGS = [
    "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wdouble-promotion", "-Wshadow",
    "-Wcast-align", "-Wundef", "-Wnull-dereference", "-Wformat=2", "-Wimplicit-fallthrough",
]
C_WARNINGS = ["-Wstrict-prototypes", "-Wmissing-prototypes"]

# Kernels of other machines include the wire too: 32-bit, weakly ordered, big-endian.
OTHER_TARGETS = ["i686-linux-gnu", "aarch64-linux-gnu", "powerpc64-linux-gnu"]

WIRE_LICENCE = "MIT OR GPL-2.0"
LICENCE = "Apache-2.0"
KERNEL_LICENCE = "GPL-2.0"
KERNEL_CODE = ("guest-kernel-patches/", "tests/kernel/")
