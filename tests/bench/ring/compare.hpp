// SPDX-License-Identifier: Apache-2.0
//
// Ours against DPDK's: ratios of what was measured side by side, and the targets.
#pragma once

#include <string>
#include <vector>

#include "ring/dpdk_test.hpp"
#include "ring/round.hpp"
#include "ring/series.hpp"

namespace paravane::bench {

// One run of dpdk-test, between our rounds before and after it.
struct Bracket {
    Compared before;
    DpdkFigures dpdk;
    Compared after;
};

// Adds rows for rte_ring and the ratios to `series`, and returns the targets. Without a bracket they
// are not measured. `notes` get what a reader must know of the ratios.
[[nodiscard]] std::vector<Target> compare(const std::vector<Bracket> &brackets, uint32_t patience,
                                          Series &series, std::vector<std::string> &notes);

} // namespace paravane::bench
