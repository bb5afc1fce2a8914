// SPDX-License-Identifier: Apache-2.0
//
// What the figures are to show, and what they would be where exits are cheap.
#pragma once

#include <vector>

#include "blk/jobs.hpp"
#include "blk/rounds.hpp"
#include "report/report.hpp"
#include "ring/series.hpp"

namespace paravane::bench::blk {

// Medians of ratios, round by round, of our disk's figures by those of the best of some others.
[[nodiscard]] std::vector<Target> targets_of(const Contenders &contenders,
                                             const std::vector<NamedJob> &jobs,
                                             const Series &series, bool has_medium);

// What an exit costs here, in ns.
struct ExitCosts {
    double to_user_space;
    double to_kernel; // as of a doorbell that KVM itself takes
};

// An estimate for machines where an exit costs 1 us wherever it goes: all else stays as it is, and an exit stops
// the loop alone.
void add_estimates(const Contenders &contenders, const std::vector<NamedJob> &jobs,
                   const ExitCosts &costs, Series &series);

} // namespace paravane::bench::blk
