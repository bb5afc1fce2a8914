// SPDX-License-Identifier: Apache-2.0
//
// DPDK's own measurement of its ring, by its own program: `dpdk-test`, ring_perf_autotest. What it
// prints for two cores is the producer's cycles per element plus the consumer's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ring/setting.hpp"

namespace paravane::bench {

// Cycles per element across two cores, one producer and one consumer, both sides added.
struct DpdkFigures {
    std::optional<double> element16_burst8;
    std::optional<double> element16_burst32;
    std::optional<double> pointer_burst8; // elements of 8 bytes, for information
    std::optional<double> pointer_burst32;

    [[nodiscard]] bool complete() const { return element16_burst8 && element16_burst32; }
};

// Reads the program's output, as DPDK 22.11 writes it and as later versions do. Of the figures for
// hyperthreads, cores and sockets, those of `section` are taken.
[[nodiscard]] DpdkFigures parse_dpdk_output(std::string_view output, std::string_view section);

// Where the program is, or empty.
[[nodiscard]] std::string find_dpdk_test();

// One run, about five seconds, on the same two cores, with the same pages and priority. On failure `error` says why.
[[nodiscard]] DpdkFigures run_dpdk_test(const std::string &program, const Setting &setting,
                                        std::string &error);

} // namespace paravane::bench
