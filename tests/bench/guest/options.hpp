// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace paravane::bench {

struct GuestOptions {
    std::string json;
    uint32_t rounds = 15;
    uint32_t boots = 200;
    bool quick = false;
    bool strict = false;
    bool smoke = false;
};

// The program's options, or the status to end with after --help, --version or a mistake.
struct ParsedGuestOptions {
    GuestOptions options;
    std::optional<int> status;
};

inline constexpr int guest_status_measured = 0;
inline constexpr int guest_status_failed = 1;
inline constexpr int guest_status_usage = 2;
inline constexpr int guest_status_skipped = 77;

[[nodiscard]] ParsedGuestOptions parse_guest_options(int count, char **words);

} // namespace paravane::bench
