// SPDX-License-Identifier: Apache-2.0
//
// yield, block, poll, and shutdowns that are none.
#include <paravane/errors.h>

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"

namespace keel::selftest {

namespace {

void yield(Verdict &verdict)
{
    KEEL_EXPECT_IS(hypercall::raw(PV_CALL_SCHED, {PV_SCHED_YIELD}), int64_t{0});
}

void bad_shutdown(Verdict &verdict)
{
    constexpr std::array<uint64_t, 4> absurd = {PV_SHUTDOWNS, uint64_t{1} << 32, uint64_t{1} << 63,
                                                UINT64_MAX};

    for (uint64_t reason : absurd)
        KEEL_EXPECT_IS(hypercall::raw(PV_CALL_SCHED, {PV_SCHED_SHUTDOWN, reason, 0}), -PV_EINVAL);
    for (uint64_t status : {uint64_t{256}, uint64_t{1} << 32, UINT64_MAX})
        KEEL_EXPECT_IS(
            hypercall::raw(PV_CALL_SCHED, {PV_SCHED_SHUTDOWN, PV_SHUTDOWN_POWEROFF, status}),
            -PV_EINVAL);
}

// Would sleep for ever if the flag were not looked at.
void block_returns(Verdict &verdict)
{
    const pv_shared upcall = pv_shared_at(area_of(this_vcpu().id), offsetof(pv_vcpu_area, upcall));

    for (uint32_t round = 0; round < 100; round++) {
        pv_shared_store_release(upcall, 1);
        KEEL_EXPECT_IS(hypercall::raw(PV_CALL_SCHED, {PV_SCHED_BLOCK}), int64_t{0});
    }
    (void)event_loop::turn();
}

class PolledPort {
  public:
    PolledPort() : result_(hypercall::event(PV_EVENT_BIND_IPI, this_vcpu().id)) {}
    PolledPort(const PolledPort &) = delete;
    PolledPort &operator=(const PolledPort &) = delete;
    ~PolledPort() { (void)hypercall::event(PV_EVENT_CLOSE, port().value); }

    [[nodiscard]] bool good() const { return result_ > 0; }
    [[nodiscard]] Port port() const { return {static_cast<uint32_t>(result_)}; }

  private:
    int64_t result_;
};

int64_t poll(std::span<const uint32_t> ports, uint64_t deadline)
{
    return hypercall::poll(guest_address_of(ports.data()), ports.size(), deadline);
}

void poll_arguments(Verdict &verdict)
{
    const std::array<uint32_t, PV_POLL_PORTS_MAX + 1> none{};
    const uint64_t soon = clock::now() + clock::millisecond;

    KEEL_EXPECT_IS(poll(none, soon), -PV_EINVAL);                     // too many
    KEEL_EXPECT_IS(poll(std::span(none).first(1), soon), -PV_EINVAL); // no port
    KEEL_EXPECT_IS(poll(std::array{uint32_t{PV_PORTS}}, soon), -PV_EINVAL);
    KEEL_EXPECT_IS(poll(std::array{uint32_t{PV_PORTS - 1}}, soon), -PV_EINVAL); // free
    KEEL_EXPECT_IS(poll(std::array{UINT32_MAX}, soon), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::poll({0}, uint64_t{1} << 32, soon), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::poll({0}, 0, 0), -PV_EINVAL); // nothing would end it
}

void poll_times_out(Verdict &verdict)
{
    const PolledPort polled;
    KEEL_EXPECT(polled.good());
    const std::array ports = {polled.port().value};
    const uint64_t deadline = clock::now() + 5 * clock::millisecond;

    KEEL_EXPECT_IS(poll(ports, deadline), -PV_ETIME);
    KEEL_EXPECT(clock::now() >= deadline);
    KEEL_EXPECT_IS(poll(ports, 1), -PV_ETIME); // long ago
    KEEL_EXPECT_IS(hypercall::poll({0}, 0, clock::now() + clock::millisecond), -PV_ETIME);
}

void poll_sees_pending(Verdict &verdict)
{
    const PolledPort first;
    const PolledPort second;
    KEEL_EXPECT(first.good() && second.good());
    const std::array ports = {first.port().value, second.port().value};

    KEEL_EXPECT_IS(hypercall::send(second.port()), int64_t{0});
    KEEL_EXPECT_IS(poll(ports, clock::now() + 10 * clock::second), int64_t{0});
    KEEL_EXPECT_IS(poll(ports, 0), int64_t{0});
    KEEL_EXPECT(!events::pending(first.port()) && events::take_pending(second.port()));
    KEEL_EXPECT_IS(poll(ports, 1), -PV_ETIME);
    (void)event_loop::turn();
}

constexpr std::array<Test, 6> tests = {{
    {"yield", yield},
    {"bad-shutdown", bad_shutdown},
    {"block-returns", block_returns},
    {"poll-arguments", poll_arguments},
    {"poll-times-out", poll_times_out},
    {"poll-sees-pending", poll_sees_pending},
}};

} // namespace

std::span<const Test> sched_tests()
{
    return tests;
}

} // namespace keel::selftest
