// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paravane::bench::blk {

struct Options {
    std::string file; // empty: a disk without a medium
    std::string json;
    std::vector<std::string> only; // parts of contenders' names; empty: all
    std::vector<uint32_t> depths;
    std::string against = "all"; // or qemu or host: which peers
    uint32_t rounds = 5;
    uint32_t milliseconds = 1000; // a measurement
    uint32_t warm_up = 300;       // ms
    std::optional<std::pair<int, int>> cores;
    bool writes = false;
    bool verbose = false;
    bool list = false;
    bool smoke = false;
};

// The program's options, or the status to end with after --help, --version or a mistake.
struct ParsedOptions {
    Options options;
    std::optional<int> status;
};

inline constexpr int status_measured = 0;
inline constexpr int status_failed = 1;
inline constexpr int status_usage = 2;
inline constexpr int status_skipped = 77;

[[nodiscard]] ParsedOptions parse_options(int count, char **words);

} // namespace paravane::bench::blk
