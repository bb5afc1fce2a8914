// SPDX-License-Identifier: Apache-2.0
//
// The time page's clock, set_timer, and the kernel's timers on top of both.
#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"

namespace keel::selftest {

namespace {

// Virtual machines wait their turn too.
constexpr uint64_t patience = 5 * clock::second;

void is_monotone(Verdict &verdict)
{
    uint64_t before = clock::now();

    KEEL_EXPECT(before > 0);
    for (uint32_t i = 0; i < 100'000; i++) {
        const uint64_t now = clock::now();
        KEEL_EXPECT(now >= before);
        before = now;
    }
}

void timer_is_never_early(Verdict &verdict)
{
    bool due = false;
    Timer timer([](void *flag) { *static_cast<bool *>(flag) = true; }, &due);

    for (uint64_t delay : {0 * clock::microsecond, 50 * clock::microsecond, 1 * clock::millisecond,
                           10 * clock::millisecond}) {
        const uint64_t deadline = clock::now() + delay;
        due = false;
        this_vcpu().timers.arm(timer, deadline);
        KEEL_EXPECT(event_loop::run_until([&] { return due; }, deadline + patience));
        KEEL_EXPECT(clock::now() >= deadline);
        KEEL_EXPECT(!timer.armed());
    }
}

struct Order {
    std::array<uint32_t, 4> seen{};
    uint32_t count = 0;
};

struct Numbered {
    Order *order = nullptr;
    uint32_t number = 0;
};

void note(void *of)
{
    const auto &one = *static_cast<const Numbered *>(of);
    one.order->seen[one.order->count++] = one.number;
}

void timers_keep_their_order(Verdict &verdict)
{
    Order order;
    std::array<Numbered, 4> numbers = {{{&order, 0}, {&order, 1}, {&order, 2}, {&order, 3}}};
    std::array<Timer, 4> timers = {
        {{note, &numbers[0]}, {note, &numbers[1]}, {note, &numbers[2]}, {note, &numbers[3]}}};
    const uint64_t last = clock::now() + 2 * clock::millisecond;

    // The last is due first.
    for (std::size_t i = 0; i < timers.size(); i++)
        this_vcpu().timers.arm(timers[i], last - i * 100 * clock::microsecond);
    timers[2].disarm();
    KEEL_EXPECT(event_loop::run_until([&] { return order.count == 3; }, last + patience));
    KEEL_EXPECT(order.seen[0] == 3 && order.seen[1] == 1 && order.seen[2] == 0);
}

void timer_in_the_past_comes(Verdict &verdict)
{
    // Past the kernel's own timers, which would not ask the host for this.
    for (uint64_t deadline : {uint64_t{1}, clock::now() - clock::millisecond}) {
        KEEL_EXPECT_IS(hypercall::set_timer(deadline), int64_t{0});
        hypercall::block();
        (void)event_loop::turn();
    }
}

void timer_is_taken_back(Verdict &verdict)
{
    for (uint64_t deadline : {UINT64_MAX, uint64_t{1} << 63, clock::now() + clock::second}) {
        KEEL_EXPECT_IS(hypercall::set_timer(deadline), int64_t{0});
        KEEL_EXPECT_IS(hypercall::set_timer(0), int64_t{0});
    }
    this_vcpu().timer_set = 0;
    event_loop::sleep_until(clock::now() + clock::millisecond);
}

void many_short_sleeps(Verdict &verdict)
{
    for (uint32_t i = 0; i < 200; i++) {
        const uint64_t until = clock::now() + uint64_t{i % 7} * 20 * clock::microsecond;
        event_loop::sleep_until(until);
        KEEL_EXPECT(clock::now() >= until);
    }
}

constexpr std::array<Test, 6> tests = {{
    {"clock-monotone", is_monotone},
    {"timer-never-early", timer_is_never_early},
    {"timer-order", timers_keep_their_order},
    {"timer-in-the-past", timer_in_the_past_comes},
    {"timer-taken-back", timer_is_taken_back},
    {"timer-short-sleeps", many_short_sleeps},
}};

} // namespace

std::span<const Test> clock_tests()
{
    return tests;
}

} // namespace keel::selftest
