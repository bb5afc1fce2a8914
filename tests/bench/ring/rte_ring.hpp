// SPDX-License-Identifier: Apache-2.0
//
// DPDK's ring, compiled into this program from its headers and run by the same two processes as ours,
// milliseconds apart. dpdk-test's figure is DPDK's own; this one is of the same moment.
#pragma once

#include <cstdint>
#include <string>

#include "ring/setting.hpp"

namespace paravane::bench {

// Whether the headers were there when this program was built.
[[nodiscard]] bool have_rte_ring();

// Cycles per 16-byte element, both sides added, in bulks of `burst`. On failure `error` says why.
[[nodiscard]] double measure_rte_ring(const Setting &setting, uint32_t burst, uint32_t patience,
                                      std::string &error);

} // namespace paravane::bench
