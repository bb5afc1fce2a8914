// SPDX-License-Identifier: Apache-2.0
//
// A vCPU's timers: few, so a list in the order of their deadlines. Used by that vCPU alone.
#pragma once

#include <cstdint>

namespace keel {

struct TimerLink {
    TimerLink *next = nullptr;
    TimerLink *previous = nullptr;
};

// Belongs to whoever waits for it, and may be armed again in its own function.
class Timer : private TimerLink {
  public:
    using Function = void (*)(void *context);

    Timer(Function function, void *context) : function_(function), context_(context) {}
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;
    ~Timer() { disarm(); }

    void disarm();
    [[nodiscard]] bool armed() const { return next != nullptr; }
    [[nodiscard]] uint64_t deadline() const { return deadline_; }

  private:
    friend class TimerSet;

    Function function_;
    void *context_;
    uint64_t deadline_ = 0; // ns on the time page's clock
};

class TimerSet {
  public:
    constexpr TimerSet() : ring_{&ring_, &ring_} {}
    TimerSet(const TimerSet &) = delete;
    TimerSet &operator=(const TimerSet &) = delete;
    ~TimerSet() = default;

    // An armed timer gets the new deadline. Of equal ones the first that was armed is due first.
    void arm(Timer &timer, uint64_t deadline);

    // 0: none is armed.
    [[nodiscard]] uint64_t next_deadline() const;

    // Calls the functions of those that are due, which are not armed any more. One that is armed again
    // meanwhile waits for the next run even if it is due. Returns how many there were.
    uint32_t run_due(uint64_t now);

  private:
    [[nodiscard]] static Timer &timer_of(TimerLink &link);
    [[nodiscard]] static const Timer &timer_of(const TimerLink &link);

    TimerLink ring_; // its next is the earliest
};

} // namespace keel
