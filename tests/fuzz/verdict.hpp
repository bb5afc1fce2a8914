// SPDX-License-Identifier: Apache-2.0
//
// How a fuzz target ends badly, and what it has seen on the way.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

extern "C" {
#include <paravane/rules.h>
}

namespace paravane::fuzz {

// Says what does not hold and aborts: libFuzzer keeps the input.
[[noreturn]] void fail(const char *what);

inline void require(bool holds, const char *what)
{
    if (!holds)
        fail(what);
}

// Rings and queues refused so far by this process, by rule.
extern std::array<uint64_t, PV_RULES> refusals;
// Calls of the ring's functions that were checked.
extern uint64_t operations;

} // namespace paravane::fuzz

// Each target defines the two.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
// The rules that it can see broken, all of which its corpus must break.
std::vector<pv_rule> reachable_rules();
