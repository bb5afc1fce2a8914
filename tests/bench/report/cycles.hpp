// SPDX-License-Identifier: Apache-2.0
//
// The processor's constant-rate counter. Its rate is the machine's business and need not be that of
// the core's clock, so "cycles" everywhere here are ticks of it, as DPDK's are.
#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace paravane::bench {

#if defined(__x86_64__)
inline constexpr bool have_cycles = true;

inline uint64_t cycles()
{
    return __rdtsc();
}

inline void pause()
{
    _mm_pause();
}
#elif defined(__aarch64__)
inline constexpr bool have_cycles = true;

inline uint64_t cycles()
{
    uint64_t ticks = 0;
    asm volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

inline void pause()
{
    asm volatile("yield");
}
#else
inline constexpr bool have_cycles = false;

inline uint64_t cycles()
{
    return 0;
}

inline void pause()
{
}
#endif

} // namespace paravane::bench
