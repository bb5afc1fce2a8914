// SPDX-License-Identifier: Apache-2.0
//
// Throughput in one direction, counted as DPDK's ring_perf_autotest counts it: each side's cycles from
// its first burst to its last, per element, and the two added.
#pragma once

#include <cstdint>
#include <string>

#include "ring/setting.hpp"

namespace paravane::bench {

struct OneWay {
    uint32_t slot_size = 16; // bytes: 16 or 64
    uint32_t burst = 8;
    bool notify = false; // publish with the fence and the event test, towards a consumer that polls
    uint32_t patience = 1; // pauses between two looks at a ring that was empty, or full
};

// Cycles per element.
struct OneWayFigure {
    double sum = 0;  // producer's and consumer's added: compare with DPDK's
    double wall = 0; // from the first start to the last end
};

// The medians of the repetitions. On failure `error` says why.
[[nodiscard]] OneWayFigure measure_one_way(const Setting &setting, const OneWay &what,
                                           std::string &error);

} // namespace paravane::bench
