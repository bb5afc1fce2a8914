// SPDX-License-Identifier: Apache-2.0
//
// What every measurement of a run has in common.
#pragma once

#include <cstdint>

#include <paravane/shared_memory.hpp>

#include "ring/cores.hpp"

namespace paravane::bench {

struct Setting {
    Cores cores;
    bool realtime = false; // see priority.hpp
    SharedMemory::Pages pages = SharedMemory::Pages::normal;
    uint32_t slots = 4096;
    uint32_t repetitions = 5; // of each measurement in each round; their median is the round's
    uint32_t bursts = 1U << 15;
    double ns_per_cycle = 0;
};

} // namespace paravane::bench
