// SPDX-License-Identifier: Apache-2.0
//
// The clock that guests see: ns since the host started, not stepped.
#pragma once

#include <cstdint>
#include <ctime>

namespace paravane {

inline uint64_t clock_ns(clockid_t clock)
{
    timespec now = {};
    clock_gettime(clock, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000000000U + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t clock_now()
{
    return clock_ns(CLOCK_MONOTONIC);
}

} // namespace paravane
