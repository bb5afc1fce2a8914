// SPDX-License-Identifier: Apache-2.0
//
// The processor's counter, whose rate the host says.
#pragma once

#include <cstdint>

namespace keel::bare {

class Clock {
  public:
    // Its rate in kHz, not 0.
    explicit constexpr Clock(uint64_t khz) : multiplier_((uint64_t{1'000'000} << shift) / khz) {}

    [[nodiscard]] uint64_t ticks() const
    {
        uint32_t low = 0;
        uint32_t high = 0;

        asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
        return uint64_t{high} << 32 | low;
    }
    [[nodiscard]] uint64_t nanoseconds(uint64_t ticks) const
    {
        return static_cast<uint64_t>(Wide{ticks} * multiplier_ >> shift);
    }

  private:
    __extension__ using Wide = unsigned __int128;
    static constexpr uint32_t shift = 32;

    uint64_t multiplier_; // ns of a tick, in 2^-shift
};

} // namespace keel::bare
