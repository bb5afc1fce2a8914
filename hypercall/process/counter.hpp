// SPDX-License-Identifier: Apache-2.0
//
// How fast the processor's counter runs, where nobody says so: measured.
#pragma once

#include <cstdint>
#include <ctime>

#include <x86intrin.h>

#include "hypercall/host/clock.hpp"

namespace paravane::process {

inline uint64_t measure_counter_khz()
{
    constexpr uint64_t interval = 4000000; // ns; an error of 100 ns in it is 25 ppm
    const uint64_t ns = clock_now();
    const uint64_t ticks = __rdtsc();
    const timespec pause = {0, interval};

    nanosleep(&pause, nullptr);
    const uint64_t ns_passed = clock_now() - ns;
    return (__rdtsc() - ticks) * 1000000 / ns_passed;
}

} // namespace paravane::process
