// SPDX-License-Identifier: Apache-2.0
//
// Ports: how they come to be, are raised, masked and closed.
#include <paravane/errors.h>

#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"

namespace keel::selftest {

namespace {

constexpr uint64_t patience = 5 * clock::second;
constexpr std::array<uint64_t, 5> bad_ports = {0, PV_PORTS, PV_PORTS + 1, uint64_t{1} << 32,
                                               UINT64_MAX};

void count(void *counter)
{
    ++*static_cast<uint32_t *>(counter);
}

bool comes(const uint32_t &counter, uint32_t wanted)
{
    return event_loop::run_until([&] { return counter >= wanted; }, clock::now() + patience);
}

// What was raised has been handled when the loop has nothing left to do.
void settle()
{
    while (event_loop::turn())
        ;
}

void bad_arguments(Verdict &verdict)
{
    const uint64_t vcpus = start().vcpus;

    for (uint64_t port : bad_ports) {
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_SEND, port), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_UNMASK, port), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_CLOSE, port), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_VCPU, port, 0), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_DOORBELL, port, 0x1000), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_DIRECT, port, 0, 0), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_INTERDOMAIN, start().domain, port),
                       -PV_EINVAL);
    }
    for (uint64_t port : std::span(bad_ports).subspan(1))
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_STATUS, port), -PV_EINVAL);
    for (uint64_t vcpu : {vcpus, uint64_t{PV_VCPUS_MAX}, uint64_t{1} << 32, UINT64_MAX}) {
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_IPI, vcpu), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, vcpu), -PV_EINVAL);
    }
    for (uint64_t virq : {uint64_t{PV_VIRQS}, uint64_t{1} << 32, UINT64_MAX})
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_VIRQ, virq, 0), -PV_EINVAL);
    for (uint64_t domain : {uint64_t{1} << 16, uint64_t{1} << 32, UINT64_MAX})
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_ALLOC_UNBOUND, domain), -PV_EINVAL);
    // A port of another domain, which has not offered it to us if it is there at all.
    KEEL_EXPECT(hypercall::event(PV_EVENT_BIND_INTERDOMAIN, start().domain + 1U, 1) < 0);
}

void ipi_to_self(Verdict &verdict)
{
    uint32_t counter = 0;
    const auto bound = events::bind_ipi(this_vcpu().id, {count, &counter});

    KEEL_EXPECT(bound.good());
    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_STATUS, bound.port.value), int64_t{PV_PORT_IPI});
    for (uint32_t i = 1; i <= 1000; i++) {
        KEEL_EXPECT_IS(hypercall::send(bound.port), int64_t{0});
        KEEL_EXPECT(comes(counter, i));
        KEEL_EXPECT_IS(counter, i);
    }
    KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_STATUS, bound.port.value), int64_t{PV_PORT_FREE});
    KEEL_EXPECT_IS(hypercall::send(bound.port), -PV_EINVAL);
    KEEL_EXPECT_IS(events::close(bound.port), -PV_EINVAL);
}

// However many sends there were since the last look, it is handled once.
void sends_coalesce(Verdict &verdict)
{
    uint32_t counter = 0;
    const auto bound = events::bind_ipi(this_vcpu().id, {count, &counter});

    KEEL_EXPECT(bound.good());
    for (uint32_t i = 0; i < 100; i++)
        KEEL_EXPECT_IS(hypercall::send(bound.port), int64_t{0});
    KEEL_EXPECT(comes(counter, 1));
    settle();
    KEEL_EXPECT_IS(counter, uint32_t{1});
    KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
}

void virqs(Verdict &verdict)
{
    // The kernel has the timer's.
    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, this_vcpu().id), -PV_EEXIST);
    KEEL_EXPECT_IS(hypercall::send(this_vcpu().timer_port), -PV_EINVAL);
    for (pv_virq virq : {PV_VIRQ_SHUTDOWN, PV_VIRQ_SUSPEND}) {
        uint32_t counter = 0;
        const auto bound = events::bind_virq(virq, this_vcpu().id, {count, &counter});
        KEEL_EXPECT(bound.good());
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_STATUS, bound.port.value), int64_t{PV_PORT_VIRQ});
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_VIRQ, virq, 0), -PV_EEXIST);
        KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
    }
}

// Two ports of this domain, bound to one another.
struct Loop {
    Port near;
    Port far;
};

bool make_loop(Loop &loop)
{
    const uint64_t self = start().domain;
    const int64_t near = hypercall::event(PV_EVENT_ALLOC_UNBOUND, self);
    if (near <= 0)
        return false;
    loop.near = {static_cast<uint32_t>(near)};
    const int64_t far = hypercall::event(PV_EVENT_BIND_INTERDOMAIN, self, loop.near.value);
    if (far <= 0)
        return false;
    loop.far = {static_cast<uint32_t>(far)};
    return true;
}

void interdomain(Verdict &verdict)
{
    uint32_t near = 0;
    uint32_t far = 0;
    Loop loop;

    KEEL_EXPECT(make_loop(loop));
    events::handle(loop.near, {count, &near});
    events::handle(loop.far, {count, &far});
    for (Port port : {loop.near, loop.far})
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_STATUS, port.value), int64_t{PV_PORT_INTERDOMAIN});
    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_INTERDOMAIN, start().domain, loop.near.value),
                   -PV_EINVAL);
    for (uint32_t i = 1; i <= 100; i++) {
        KEEL_EXPECT_IS(hypercall::send(loop.near), int64_t{0});
        KEEL_EXPECT(comes(far, i));
        KEEL_EXPECT_IS(hypercall::send(loop.far), int64_t{0});
        KEEL_EXPECT(comes(near, i));
    }
    KEEL_EXPECT(near == 100 && far == 100);

    // One end closed, the other may be bound again.
    KEEL_EXPECT_IS(events::close(loop.far), int64_t{0});
    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_STATUS, loop.near.value), int64_t{PV_PORT_UNBOUND});
    KEEL_EXPECT_IS(hypercall::send(loop.near), -PV_EINVAL);
    const int64_t again =
        hypercall::event(PV_EVENT_BIND_INTERDOMAIN, start().domain, loop.near.value);
    KEEL_EXPECT(again > 0);
    KEEL_EXPECT_IS(events::close({static_cast<uint32_t>(again)}), int64_t{0});
    KEEL_EXPECT_IS(events::close(loop.near), int64_t{0});
}

void masks(Verdict &verdict)
{
    uint32_t counter = 0;
    const auto bound = events::bind_ipi(this_vcpu().id, {count, &counter});

    KEEL_EXPECT(bound.good());
    for (uint32_t i = 1; i <= 100; i++) {
        events::mask(bound.port);
        KEEL_EXPECT_IS(hypercall::send(bound.port), int64_t{0});
        KEEL_EXPECT_IS(hypercall::send(bound.port), int64_t{0});
        settle();
        KEEL_EXPECT_IS(counter, i - 1);
        KEEL_EXPECT(events::pending(bound.port));
        // Half of them by the host, as one vCPU does it for another.
        if (i % 2 == 0)
            events::unmask(bound.port);
        else
            KEEL_EXPECT_IS(hypercall::event(PV_EVENT_UNMASK, bound.port.value), int64_t{0});
        KEEL_EXPECT(comes(counter, i));
        settle();
        KEEL_EXPECT_IS(counter, i);
    }
    KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
}

void close_forgets(Verdict &verdict)
{
    uint32_t counter = 0;
    Loop loop;

    KEEL_EXPECT(make_loop(loop));
    KEEL_EXPECT_IS(hypercall::send(loop.near), int64_t{0});
    KEEL_EXPECT(events::pending(loop.far));
    // It was raised before there was a handler, which is called nevertheless.
    events::handle(loop.far, {count, &counter});
    KEEL_EXPECT(comes(counter, 1));
    KEEL_EXPECT_IS(hypercall::send(loop.near), int64_t{0});
    KEEL_EXPECT_IS(events::close(loop.far), int64_t{0});
    KEEL_EXPECT(!events::pending(loop.far));
    settle();
    KEEL_EXPECT_IS(counter, uint32_t{1});
    KEEL_EXPECT_IS(events::close(loop.near), int64_t{0});
}

// Every port there is, and not one more.
void ports_run_out(Verdict &verdict)
{
    uint32_t made = 0;
    int64_t result = 0;

    while ((result = hypercall::event(PV_EVENT_ALLOC_UNBOUND, 0)) > 0 && made < 2 * PV_PORTS)
        made++;
    events::reset();
    KEEL_EXPECT_IS(result, -PV_ENOSPC);
    KEEL_EXPECT(made < PV_PORTS && made + 64 > PV_PORTS);
}

void reset_closes_all(Verdict &verdict)
{
    uint32_t counter = 0;
    Loop loop;

    KEEL_EXPECT(make_loop(loop));
    KEEL_EXPECT_IS(hypercall::send(loop.near), int64_t{0});
    // The kernel's own take the first numbers again, so some that it does not need.
    std::array<int64_t, 80> more{};
    for (int64_t &port : more)
        port = hypercall::event(PV_EVENT_ALLOC_UNBOUND, 0);
    events::reset();
    KEEL_EXPECT(more.back() > 0);
    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_STATUS, static_cast<uint64_t>(more.back())),
                   int64_t{PV_PORT_FREE});
    const auto bound = events::bind_ipi(this_vcpu().id, {count, &counter});
    KEEL_EXPECT(bound.good());
    KEEL_EXPECT_IS(hypercall::send(bound.port), int64_t{0});
    KEEL_EXPECT(comes(counter, 1));
    KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
}

void direct_arguments(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_DIRECT_EVENTS);
    const int64_t port = hypercall::event(PV_EVENT_ALLOC_UNBOUND, 0);
    KEEL_EXPECT(port > 0);
    const auto at = static_cast<uint64_t>(port);

    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_DIRECT, at, start().vcpus, 0), -PV_EINVAL);
    for (uint64_t number : {uint64_t{PV_DIRECT_EVENTS}, uint64_t{1} << 32, UINT64_MAX})
        KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_DIRECT, at, 0, number), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_BIND_DIRECT, at, 0, 3), int64_t{0});
    KEEL_EXPECT(hypercall::event(PV_EVENT_BIND_DIRECT, at, 0, 4) < 0);
    // Its pending bit means nothing any more, so it cannot be polled.
    const std::array ports = {static_cast<uint32_t>(port)};
    KEEL_EXPECT_IS(hypercall::poll(guest_address_of(ports.data()), 1, 1), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_CLOSE, at), int64_t{0});
}

constexpr std::array<Test, 10> tests = {{
    {"event-arguments", bad_arguments},
    {"event-ipi", ipi_to_self},
    {"event-coalesce", sends_coalesce},
    {"event-virq", virqs},
    {"event-interdomain", interdomain},
    {"event-mask", masks},
    {"event-close", close_forgets},
    {"event-ports-run-out", ports_run_out},
    {"event-reset", reset_closes_all},
    {"event-direct", direct_arguments},
}};

} // namespace

std::span<const Test> event_tests()
{
    return tests;
}

} // namespace keel::selftest
