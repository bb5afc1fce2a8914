// SPDX-License-Identifier: Apache-2.0
//
// One round: each of our measurements once, and rte_ring in this program right beside those that are
// compared with it.
#pragma once

#include <cstdint>
#include <string>

#include "ring/series.hpp"
#include "ring/setting.hpp"

namespace paravane::bench {

// What the comparison with dpdk-test needs of a round.
struct Compared {
    double line_before = 0; // cycles, see line.hpp
    double line_after = 0;
    double burst8 = 0; // our sums: 16-byte slots, quiet, the run's patience
    double burst32 = 0;
};

// The names of what is compared, as rows of names::sum.
[[nodiscard]] std::string quiet_name(uint32_t burst, uint32_t patience);
[[nodiscard]] std::string notifying_name(uint32_t burst, uint32_t patience);
[[nodiscard]] std::string rte_ring_name(uint32_t burst);

// The order of the one-way rows, which the rounds bring in another one.
void declare_rows(uint32_t patience, Series &series);

// The measurements that are compared with rte_ring. `turned` reverses their order. False: `error`.
[[nodiscard]] bool compared_round(const Setting &setting, uint32_t patience, bool turned,
                                  Series &series, Compared &compared, std::string &error);

// All others.
[[nodiscard]] bool full_round(const Setting &setting, uint32_t patience, bool turned,
                              Series &series, std::string &error);

} // namespace paravane::bench
