// SPDX-License-Identifier: Apache-2.0
//
// The guest's clock: keeps the time page in step with the host's own, so that the guest never reads a time
// before the one at which the host woke it, and never one before what it has read already.
#pragma once

#include <cstdint>

#include "hypercall/host/guest_memory.hpp"

namespace paravane {

class GuestClock {
  public:
    // The memory must stay. Counter: the processor's, at so many ticks a ms.
    GuestClock(const GuestMemory &memory, uint64_t counter_khz);

    // From any thread, one at a time: afterwards the guest's time is at least the host's. To be called
    // every second or so, and before a guest is told that a time has come.
    void update();

  private:
    struct Line {
        uint64_t counter = 0; // at which
        uint64_t ns = 0;      // it was so late,
        uint32_t multiplier = 0;
        int32_t shift = 0; // and how time goes on

        [[nodiscard]] uint64_t at(uint64_t counter_now) const;
    };

    void write(uint32_t sequence) const;
    // ns a tick, times 2^43.
    [[nodiscard]] uint64_t rate(uint64_t counter, uint64_t ns) const;

    const GuestMemory &memory_;
    uint64_t nominal_rate_;
    uint64_t first_counter_ = 0;
    uint64_t first_ns_ = 0;
    uint32_t sequence_ = 0;
    Line line_;
};

} // namespace paravane
