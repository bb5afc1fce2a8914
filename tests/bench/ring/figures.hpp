// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "report/statistics.hpp"
#include "ring/process_pair.hpp"

namespace paravane::bench {

// The median over the repetitions of what `figure` makes of each.
[[nodiscard]] inline double median_figure(const std::vector<Repetition> &repetitions,
                                          const std::function<double(const Repetition &)> &figure)
{
    std::vector<double> values;

    values.reserve(repetitions.size());
    for (const Repetition &repetition : repetitions)
        values.push_back(figure(repetition));
    return median_of(values);
}

// Cycles from the first start to the last end.
[[nodiscard]] inline double wall_cycles(const Repetition &repetition)
{
    const uint64_t start = std::min(repetition.first.start, repetition.second.start);
    const uint64_t end = std::max(repetition.first.end, repetition.second.end);

    return static_cast<double>(end - start);
}

} // namespace paravane::bench
