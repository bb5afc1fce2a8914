// SPDX-License-Identifier: Apache-2.0
//
// What each half of a ring or device does besides moving data, counted.
#pragma once

#include <cstdint>

#include "port.hpp"
#include "rings.hpp"

namespace paravane::stress {

struct Counts {
    uint64_t sent = 0; // notifications that the peer asked for, or that are always due
    uint64_t suppressed =
        0; // publishes and releases of something, of which the peer did not ask to hear
    uint64_t sleeps = 0;
    uint64_t wakeups = 0;

    void add(const Counts &other)
    {
        sent += other.sent;
        suppressed += other.suppressed;
        sleeps += other.sleeps;
        wakeups += other.wakeups;
    }
};

// One thread's. The ports are the device's and outlive it.
class Half {
  public:
    Half(const char *name, const Port &own, const Port &peer) : name_(name), own_(own), peer_(peer)
    {
    }

    void notify()
    {
        counts_.sent++;
        peer_.notify();
    }
    void notify_if(bool wanted)
    {
        if (wanted)
            notify();
        else
            counts_.suppressed++;
    }
    // `show` publishes or releases what `side` has moved, and tells whether to notify.
    template <typename Show> void show(const pv_side &side, Show &&show)
    {
        if (side.next != side.shown || side.quiet)
            notify_if(show());
    }
    void sleep()
    {
        counts_.sleeps++;
        if (!own_.wait(patience_ms))
            fail("%s: no notification in %d s: a lost wake-up, or the other half hangs", name_,
                 patience_ms / 1000);
        counts_.wakeups++;
    }

    [[nodiscard]] const char *name() const { return name_; }
    [[nodiscard]] const Counts &counts() const { return counts_; }

  private:
    const char *name_;
    const Port &own_;
    const Port &peer_;
    Counts counts_;
};

inline void expect_kept(const char *who, pv_rule rule)
{
    if (rule != PV_RULE_KEPT)
        fail("%s: refused: %s", who, pv_rule_name(rule));
}

} // namespace paravane::stress
