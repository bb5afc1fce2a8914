// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ctime>

namespace paravane::stress {

// Milliseconds of a clock that nobody sets.
inline int64_t now_ms()
{
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

// How long a half may sleep. The other half works without pause, so this much silence is a wake-up
// that was lost; an overloaded machine is far from it.
inline constexpr int patience_ms = 20000;

} // namespace paravane::stress
