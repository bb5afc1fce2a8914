// SPDX-License-Identifier: Apache-2.0
//
// The time page's clock: nanoseconds since the host started.
#pragma once

#include <cstdint>

namespace keel::clock {

// How the processor's counter becomes a time: a copy of the time page's content.
struct Scale {
    uint64_t counter_base = 0;
    uint64_t system_base = 0; // ns
    uint32_t multiplier = 0;
    int32_t shift = 0;

    [[nodiscard]] uint64_t nanoseconds(uint64_t counter) const;
};

[[nodiscard]] uint64_t counter();
[[nodiscard]] uint64_t nanoseconds_at(uint64_t counter);
[[nodiscard]] uint64_t now();

constexpr uint64_t microsecond = 1'000;
constexpr uint64_t millisecond = 1'000'000;
constexpr uint64_t second = 1'000'000'000;

} // namespace keel::clock
