// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/clock.hpp"

#include "frontend-drivers/keel/spinlock.hpp"
#include "frontend-drivers/keel/start.hpp"
#include <paravane/time_page.h>

namespace keel::clock {

namespace {

Scale read_scale()
{
    const pv_shared at = shared_at(start().time_page);
    pv_time_page page = {};
    uint32_t sequence = 0;

    for (;;) {
        sequence = pv_shared_load_acquire(at);
        pv_shared_copy_out(&page, at, sizeof(page));
        // Before the second look at the sequence.
        pv_shared_fence();
        if (sequence % 2 == 0 && pv_shared_load_relaxed(at) == sequence)
            break;
        pause();
    }
    return {pv_le64_get(page.counter_base), pv_le64_get(page.system_base),
            pv_le32_get(page.multiplier), static_cast<int32_t>(pv_le32_get(page.shift))};
}

} // namespace

uint64_t counter()
{
    uint32_t low = 0;
    uint32_t high = 0;

    // After all loads before it, so that two reads do not change places.
    asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return uint64_t{high} << 32 | low;
}

uint64_t nanoseconds_at(uint64_t counter)
{
    return read_scale().nanoseconds(counter);
}

uint64_t now()
{
    return nanoseconds_at(counter());
}

} // namespace keel::clock
