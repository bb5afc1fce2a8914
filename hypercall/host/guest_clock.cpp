// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/guest_clock.hpp"

#include <algorithm>

#include <x86intrin.h>

#include "hypercall/host/clock.hpp"
#include <paravane/layout.h>
#include <paravane/time_page.h>

namespace paravane {

namespace {

constexpr uint64_t khz_of_ns = 1000000;
constexpr int rate_bits = 43;
// Long enough to measure the counter's rate to a few millionths.
constexpr uint64_t measured_after = 100000000; // ns
// In which a guest's clock that is ahead comes back to the host's.
constexpr uint64_t correction = 1000000000; // ns
// Slower than this it never goes.
constexpr uint64_t slowest_part = 100; // of its rate: one in so many is taken off

// NOLINTNEXTLINE(readability-identifier-naming)
__extension__ using Wide = unsigned __int128;

uint64_t scaled(uint64_t value, uint64_t by, uint64_t of)
{
    return static_cast<uint64_t>(static_cast<Wide>(value) * by / of);
}

} // namespace

uint64_t GuestClock::Line::at(uint64_t counter_now) const
{
    // Counters of two processors may differ by a little.
    const uint64_t ticks = counter_now > counter ? counter_now - counter : 0;
    const uint64_t shifted = shift < 0 ? ticks >> -shift : ticks << shift;
    return ns + static_cast<uint64_t>(static_cast<Wide>(shifted) * multiplier >> 32);
}

GuestClock::GuestClock(const GuestMemory &memory, uint64_t counter_khz)
    : memory_(memory), nominal_rate_((khz_of_ns << rate_bits) / counter_khz)
{
    update();
}

uint64_t GuestClock::rate(uint64_t counter, uint64_t ns) const
{
    const uint64_t passed = ns - first_ns_;
    if (first_ns_ == 0 || passed < measured_after || counter <= first_counter_)
        return nominal_rate_;
    return static_cast<uint64_t>((static_cast<Wide>(passed) << rate_bits) /
                                 (counter - first_counter_));
}

void GuestClock::update()
{
    const MemoryRegion &pages = *memory_.at({PV_HOST_PAGES});
    const pv_shared sequence = pages.memory.at(PV_TIME_PAGE - PV_HOST_PAGES);

    // Whoever still uses the old line has read the counter before this.
    pv_shared_store_relaxed(sequence, ++sequence_);
    pv_shared_fence();
    const uint64_t counter = __rdtsc();
    const uint64_t host = clock_now();
    const bool first = first_ns_ == 0;
    const uint64_t guest = first ? host : line_.at(counter);

    uint64_t rate_now = rate(counter, host);
    if (guest > host) {
        const uint64_t ahead = std::min(guest - host, correction / slowest_part);
        rate_now -= scaled(rate_now, ahead, correction);
    }
    if (first) {
        first_ns_ = host;
        first_counter_ = counter;
    }
    line_ = {counter, std::max(guest, host), 0, 32 - rate_bits};
    for (; rate_now > UINT32_MAX; rate_now >>= 1)
        line_.shift++;
    line_.multiplier = static_cast<uint32_t>(rate_now);
    write(++sequence_);
}

void GuestClock::write(uint32_t sequence) const
{
    const MemoryRegion &pages = *memory_.at({PV_HOST_PAGES});
    const pv_shared at = pages.memory.at(PV_TIME_PAGE - PV_HOST_PAGES);
    pv_time_page page = {};

    page.sequence = pv_le32_of(sequence - 1);
    page.multiplier = pv_le32_of(line_.multiplier);
    page.shift = pv_le32_of(static_cast<uint32_t>(line_.shift));
    page.counter_base = pv_le64_of(line_.counter);
    page.system_base = pv_le64_of(line_.ns);
    page.wall_offset = pv_le64_of(clock_ns(CLOCK_REALTIME) - clock_now());
    (void)memory_.write_as_host({PV_TIME_PAGE},
                                {reinterpret_cast<const unsigned char *>(&page), sizeof(page)});
    pv_shared_store_release(at, sequence);
}

} // namespace paravane
