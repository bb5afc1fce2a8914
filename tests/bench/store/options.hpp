// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace paravane::bench {

struct StoreOptions {
    std::string json;
    uint32_t rounds = 7;
    bool strict = false;
    bool smoke = false;
};

// The program's options, or the status to end with after --help, --version or a mistake.
struct ParsedStoreOptions {
    StoreOptions options;
    std::optional<int> status;
};

inline constexpr int store_status_measured = 0;
inline constexpr int store_status_failed = 1;
inline constexpr int store_status_usage = 2;

[[nodiscard]] ParsedStoreOptions parse_store_options(int count, char **words);

} // namespace paravane::bench
