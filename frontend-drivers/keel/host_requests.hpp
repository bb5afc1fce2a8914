// SPDX-License-Identifier: Apache-2.0
//
// What the host asks of a guest that runs: to power off, and to make ready for a suspend.
#pragma once

#include <concepts>
#include <cstdint>

#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/hypercall.hpp"

namespace keel {

// For a program on the first vCPU; one at a time.
class HostRequests {
  public:
    HostRequests();
    HostRequests(const HostRequests &) = delete;
    HostRequests &operator=(const HostRequests &) = delete;
    ~HostRequests();

    // 0, or why the host does not tell when to power off.
    [[nodiscard]] int64_t error() const { return error_; }
    [[nodiscard]] bool shutdown() const { return shutdown_; }

    // Turns the event loop, suspends included, until the condition holds: true. False when the host asks
    // to power off.
    template <std::predicate Condition> [[nodiscard]] bool wait(const Condition &condition)
    {
        while (!shutdown_ && !condition()) {
            if (suspend_)
                suspend_now();
            event_loop::turn_or_block();
        }
        return !shutdown_;
    }
    // The same, and false too when the time, in ns of the clock, has come before.
    template <std::predicate Condition>
    [[nodiscard]] bool wait_until(const Condition &condition, uint64_t deadline)
    {
        bool late = false;
        Timer timer([](void *flag) { *static_cast<bool *>(flag) = true; }, &late);

        this_vcpu().timers.arm(timer, deadline);
        return wait([&] { return late || condition(); }) && !late;
    }

  private:
    void suspend_now();

    Port shutdown_port_;
    Port suspend_port_; // none where the host never suspends
    int64_t error_ = 0;
    bool shutdown_ = false;
    bool suspend_ = false;
};

} // namespace keel
