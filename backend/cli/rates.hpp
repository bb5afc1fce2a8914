// SPDX-License-Identifier: Apache-2.0
//
// Rates as people write them, of a disk or of a group of disks: iops=N, bps=SIZE, burst=MS.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/engine/shared_budget.hpp"

namespace paravane::cli {

inline constexpr uint64_t burst_ms_max = 10000;
inline constexpr uint64_t ns_in_ms = 1000000;

// What was said, and no more.
struct RateWords {
    std::optional<uint64_t> iops;
    std::optional<uint64_t> bps;
    std::optional<uint64_t> burst_ms;

    // With the others' word where there is none of its own.
    [[nodiscard]] RateWords over(const RateWords &others) const;
    [[nodiscard]] Rates rates() const;
};

inline constexpr std::array<std::string_view, 3> rate_keys = {"iops", "bps", "burst"};

// What is wrong with the value of that key, which is one of the above; empty where it is in `words`.
[[nodiscard]] std::string parse_rate(std::string_view key, const std::string &value,
                                     RateWords &words);
// The same of the number itself. What is 0 there has no limit.
[[nodiscard]] std::string take_rate(std::string_view key, uint64_t number, uint64_t least,
                                    RateWords &words);
// Of all of them.
[[nodiscard]] std::string check_rates(const RateWords &words);

} // namespace paravane::cli
