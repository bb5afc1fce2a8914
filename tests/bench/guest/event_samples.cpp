// SPDX-License-Identifier: Apache-2.0
#include "guest/event_samples.hpp"

#include <chrono>
#include <thread>

#include "report/cycles.hpp"

namespace paravane::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds patience(500);
// From the decision to sleep until the vCPU does: it enters the kernel and is put off the processor.
constexpr std::chrono::microseconds falling_asleep(300);
// Between two events of a running guest, so that it is back in its loop.
constexpr std::chrono::microseconds coming_back(30);

template <typename Condition> bool spin_until(const Condition &condition)
{
    const Clock::time_point end = Clock::now() + patience;

    while (!condition()) {
        if (Clock::now() > end)
            return false;
        pause();
    }
    return true;
}

} // namespace

Result<std::vector<double>> sample_events(const EventTarget &target, uint32_t count)
{
    uint32_t asleep = 0; // the sleep that the last event ended
    std::vector<double> times;

    times.reserve(count);
    while (times.size() < count) {
        if (target.blocks) {
            if (!spin_until([&] { return target.blocks() != asleep; }))
                return Problem{"a sleep"};
            std::this_thread::sleep_for(falling_asleep);
            asleep = target.blocks();
        } else {
            const Clock::time_point end = Clock::now() + coming_back;
            while (Clock::now() < end)
                pause();
        }
        const uint32_t before = target.handled();
        const Clock::time_point start = Clock::now();
        target.raise();
        if (!spin_until([&] { return target.handled() != before; }))
            return Problem{"an event"};
        times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count());
    }
    return times;
}

} // namespace paravane::bench
