// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/report.hpp"
#include "ring/options.hpp"
#include "ring/setting.hpp"

namespace paravane::bench {

// What a run brings: rows, targets, and lines for the reader.
struct Outcome {
    std::vector<Row> rows;
    std::vector<Target> targets;
    std::vector<std::string> notes;
    std::string error; // not empty: nothing else counts
};

// `dpdk_test` is the program's path, empty for none.
[[nodiscard]] Outcome run_suite(const Setting &setting, const Options &options,
                                const std::string &dpdk_test);

} // namespace paravane::bench
