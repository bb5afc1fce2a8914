// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace paravane::bench {

enum class PagesWanted { normal, huge, automatic };
enum class PriorityWanted { normal, realtime, automatic };
enum class Against { none, dpdk, automatic };

struct Options {
    std::string json;
    uint32_t rounds = 7;
    uint32_t slots = 4096;
    uint32_t patience = 64;
    std::optional<std::pair<int, int>> cores;
    PagesWanted pages = PagesWanted::automatic;
    PriorityWanted priority = PriorityWanted::automatic;
    Against against = Against::automatic;
    bool strict = false;
    bool smoke = false;
};

// The program's options, or the status to end with after --help, --version or a mistake.
struct Parsed {
    Options options;
    std::optional<int> status;
};

inline constexpr int status_measured = 0;
inline constexpr int status_failed = 1;
inline constexpr int status_usage = 2;
inline constexpr int status_skipped = 77;

[[nodiscard]] Parsed parse_options(int count, char **words);

} // namespace paravane::bench
