// SPDX-License-Identifier: Apache-2.0
//
// Each vCPU's loop: handle what was raised, run the timers that are due, sleep when there is nothing.
#pragma once

#include <concepts>
#include <cstdint>

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

namespace keel::event_loop {

// Binds the ports that the loop itself needs. Panics where the host refuses.
void bind_ports(Vcpu &vcpu);

// Handles what there is; true if there was anything.
bool turn();
// The same, and sleeps until an event if there was nothing.
void turn_or_block();

[[noreturn]] void run();

// Until the condition holds, which handlers and timers of this vCPU bring about: true. False when the
// time, in ns of the clock, has come before.
template <std::predicate Condition> bool run_until(const Condition &condition, uint64_t deadline)
{
    Timer wake([](void *) {}, nullptr);

    this_vcpu().timers.arm(wake, deadline);
    while (!condition()) {
        if (clock::now() >= deadline)
            return false;
        turn_or_block();
    }
    return true;
}

inline void sleep_until(uint64_t deadline)
{
    (void)run_until([] { return false; }, deadline);
}

} // namespace keel::event_loop
