// SPDX-License-Identifier: Apache-2.0
//
// How these targets end badly, and what each wants its corpus to reach.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace paravane::fuzz {

// Says what does not hold and aborts: libFuzzer keeps the input.
void require(bool holds, const char *what);

// How many descriptors this process has.
[[nodiscard]] std::size_t open_descriptors();

struct Goal {
    std::string what;
    uint64_t times = 0;
};

// The target's, with how often it has been there.
[[nodiscard]] const std::vector<Goal> &goals();

} // namespace paravane::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
