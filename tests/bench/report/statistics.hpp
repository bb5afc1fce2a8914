// SPDX-License-Identifier: Apache-2.0
//
// What a row says of its rounds. The mean is not among it: one interrupted round would move it.
#pragma once

#include <cstdint>
#include <span>

namespace paravane::bench {

struct Summary {
    double median = 0;
    double min = 0;
    double max = 0;
    uint32_t rounds = 0;
};

// Of no value: all zero, no rounds.
[[nodiscard]] Summary summarise(std::span<const double> values);

[[nodiscard]] double median_of(std::span<const double> values);

} // namespace paravane::bench
