// SPDX-License-Identifier: Apache-2.0
//
// Where and with what a figure was measured. Without it a figure means nothing.
#pragma once

#include <cstdint>
#include <string>

namespace paravane::bench {

struct Machine {
    std::string cpu;
    uint32_t cores = 0; // online
    std::string kernel;
    std::string hypervisor; // its vendor signature, "none" on bare metal
    double tsc_mhz =
        0; // the rate of cycles() in cycles.hpp, measured; 0 where there is no such counter
    uint64_t memory = 0; // bytes
    std::string date;    // ISO 8601, UTC
};

struct Build {
    std::string version;
    std::string compiler;
    std::string flags;
    std::string type;
};

// Takes about 50 ms, for the counter's rate.
[[nodiscard]] Machine this_machine();

// How the program that calls it was built, as CMake told.
[[nodiscard]] Build this_build();

} // namespace paravane::bench
