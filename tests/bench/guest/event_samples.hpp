// SPDX-License-Identifier: Apache-2.0
//
// How long an event takes to a guest's handler: the host raises one, and sees in shared memory that the
// handler has run. The same for guests of all kinds.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "hypercall/host/result.hpp"

namespace paravane::bench {

struct EventTarget {
    std::function<void()> raise;
    std::function<uint32_t()> handled; // events so far
    std::function<uint32_t()>
        blocks; // how often the vCPU went to sleep; empty: it runs all the time
};

// Nanoseconds of each.
[[nodiscard]] Result<std::vector<double>> sample_events(const EventTarget &target, uint32_t count);

} // namespace paravane::bench
