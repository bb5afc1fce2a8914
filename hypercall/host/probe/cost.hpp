// SPDX-License-Identifier: Apache-2.0
//
// What one operation costs on this host: the median of several rounds, and their spread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace paravane::probe {

// Nanoseconds.
struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
    uint32_t rounds = 0;
};

// Of no rounds: nothing.
[[nodiscard]] std::optional<Spread> spread_of(std::span<const double> rounds);

struct Cost {
    // Stable, for programs: documented in paravane-host(1).
    std::string id;
    std::string what;
    std::optional<Spread> spread;
    // Why there is no spread; empty where there is one.
    std::string why;
};

} // namespace paravane::probe
