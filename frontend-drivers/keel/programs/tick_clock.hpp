// SPDX-License-Identifier: Apache-2.0
//
// The processor's counter for workloads: nothing is waited for when it is read, and a difference becomes ns by
// one multiplication, of the time page's rate when this was made.
#pragma once

#include <cstdint>

#include "frontend-drivers/keel/clock.hpp"

namespace keel {

class TickClock {
  public:
    TickClock() : begin_(clock::counter())
    {
        rate_ = clock::nanoseconds_at(begin_ + one) - clock::nanoseconds_at(begin_);
    }

    [[nodiscard]] uint64_t ticks() const { return __builtin_ia32_rdtsc(); }
    [[nodiscard]] uint64_t nanoseconds(uint64_t ticks) const
    {
        __extension__ using Wide = unsigned __int128;
        return static_cast<uint64_t>(Wide{ticks} * rate_ >> 32);
    }

  private:
    static constexpr uint64_t one = uint64_t{1} << 32;

    uint64_t begin_;
    uint64_t rate_; // ns a 2^32 ticks
};

} // namespace keel
