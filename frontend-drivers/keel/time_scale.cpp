// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/clock.hpp"

namespace keel::clock {

uint64_t Scale::nanoseconds(uint64_t counter) const
{
    __extension__ using Wide = unsigned __int128;

    // The counters of two processors may be a little apart: time does not begin before the base.
    const uint64_t passed = counter > counter_base ? counter - counter_base : 0;
    const Wide scaled = shift >= 0 ? Wide{passed} << shift : Wide{passed} >> -shift;
    return system_base + static_cast<uint64_t>(scaled * multiplier >> 32);
}

} // namespace keel::clock
