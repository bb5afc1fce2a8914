// SPDX-License-Identifier: Apache-2.0
//
// What all contenders of a run have in common.
#pragma once

#include <cstdint>
#include <string>

#include "ring/cores.hpp"

namespace paravane::bench::blk {

struct Medium {
    std::string
        path; // a file or a block device; empty: no medium at all, whose answers come at once
    uint64_t bytes = 0; // its size
};

struct Setting {
    Medium medium;
    Cores cores; // producer: the loop's; consumer: that of whatever serves it
    uint64_t tsc_khz = 0;
};

} // namespace paravane::bench::blk
