// SPDX-License-Identifier: Apache-2.0
//
// What all figures of a run have in common.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/report.hpp"
#include "report/statistics.hpp"
#include "ring/cores.hpp"
#include "ring/series.hpp"

namespace paravane::bench {

struct GuestSetting {
    Cores cores;          // producer: the vCPU's, bare or ours; consumer: the host's other threads
    uint32_t calls = 500; // under KVM, in a round
    uint32_t mailbox_calls = 2000;
    uint32_t running_events = 100;
    uint32_t asleep_events = 30;
    uint32_t timers = 200;
};

inline GuestSetting smoke_setting(const Cores &cores)
{
    return {cores, 20, 50, 5, 3, 5};
}

// The value that so much of all values do not exceed.
[[nodiscard]] inline double quantile_of(std::vector<double> values, double part)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<size_t>(std::ceil(part * static_cast<double>(values.size())));
    return values[std::max<size_t>(rank, 1) - 1];
}

// Of each round, the bare mechanism's time by ours: 1 is none lost. Adds the ratios as a row, and gives
// their median; nothing where there is none.
[[nodiscard]] inline std::optional<double> ratio_by_rounds(Series &series, const std::string &what,
                                                           const std::string &bare,
                                                           const std::string &ours)
{
    const std::vector<double> below = series.values(what, bare);
    const std::vector<double> above = series.values(what, ours);
    std::vector<double> ratios;

    for (size_t i = 0; i < std::min(below.size(), above.size()); i++) {
        ratios.push_back(below[i] / above[i]);
        series.add(what, bare + " / " + ours, "ratio", ratios.back());
    }
    if (ratios.empty())
        return std::nullopt;
    return median_of(ratios);
}

} // namespace paravane::bench
