// SPDX-License-Identifier: Apache-2.0
//
// Ports: each state and how one gets there and away.
#include <gtest/gtest.h>

#include "guest.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr std::array<uint64_t, 5> bad_ports = {0, 4000, PV_PORTS, beyond_32 + 1, UINT64_MAX};
constexpr std::array<uint64_t, 4> bad_vcpus = {2, PV_VCPUS_MAX, beyond_32, UINT64_MAX};

class Ports : public testing::Test {
  protected:
    ~Ports() override
    {
        (void)guest_.event(PV_EVENT_RESET);
        EXPECT_EQ(guest_.violations(), 0U);
    }
    [[nodiscard]] uint32_t loop_to(uint32_t port) const
    {
        return guest_.port(PV_EVENT_BIND_INTERDOMAIN, self.value, port);
    }
    [[nodiscard]] int64_t state(uint64_t port) const { return guest_.event(PV_EVENT_STATUS, port); }
    Guest guest_;
};

TEST_F(Ports, OperationsNeedPortsThatAreThere)
{
    for (const uint64_t port : bad_ports) {
        for (const uint64_t op : {PV_EVENT_BIND_VCPU, PV_EVENT_SEND, PV_EVENT_UNMASK,
                                  PV_EVENT_CLOSE, PV_EVENT_BIND_DIRECT})
            EXPECT_EQ(guest_.event(op, port), -PV_EINVAL) << op << " " << port;
        EXPECT_EQ(guest_.event(PV_EVENT_DOORBELL, port, 0x1000), -PV_EINVAL) << port;
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_INTERDOMAIN, self.value, port), -PV_EINVAL) << port;
    }
    EXPECT_EQ(state(0), PV_PORT_FREE);
    EXPECT_EQ(state(4000), PV_PORT_FREE);
    for (const uint64_t port : {uint64_t{PV_PORTS}, beyond_32, beyond_32 + 1, UINT64_MAX})
        EXPECT_EQ(state(port), -PV_EINVAL);
}

TEST_F(Ports, UnboundWaitsForItsDomain)
{
    for (const uint64_t remote : {uint64_t{UINT16_MAX} + 1, beyond_32 + 1, UINT64_MAX})
        EXPECT_EQ(guest_.event(PV_EVENT_ALLOC_UNBOUND, remote), -PV_EINVAL);
    const uint32_t port = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    EXPECT_EQ(state(port), PV_PORT_UNBOUND);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), -PV_EINVAL);
    EXPECT_EQ(guest_.event(PV_EVENT_DOORBELL, port, 0x1000), -PV_EINVAL);
    // Not for us, and not for yet another.
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_INTERDOMAIN, self.value, port), -PV_EINVAL);
    EXPECT_FALSE(guest_.domain->bind_host({port}, {8}).has_value());
    EXPECT_FALSE(guest_.domain->bind_host({port}, self).has_value());
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, port), 0);
    EXPECT_EQ(state(port), PV_PORT_FREE);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, port), -PV_EINVAL);
}

TEST_F(Ports, OtherGuestsPortsAreNotToBeHad)
{
    const uint32_t port = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_INTERDOMAIN, other.value, port), -PV_ESRCH);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_INTERDOMAIN, host_domain.value, port), -PV_ESRCH);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_INTERDOMAIN, self.value + beyond_32, port), -PV_EINVAL);
}

TEST_F(Ports, LoopbackSendsToTheOtherEnd)
{
    const uint32_t one = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    const uint32_t two = loop_to(one);
    EXPECT_NE(one, two);
    EXPECT_EQ(state(one), PV_PORT_INTERDOMAIN);
    EXPECT_EQ(state(two), PV_PORT_INTERDOMAIN);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, one), 0);
    EXPECT_FALSE(guest_.pending(one));
    EXPECT_TRUE(guest_.pending(two));
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, two), 0);
    EXPECT_TRUE(guest_.pending(one));
    // Bound, so not to be bound again.
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_INTERDOMAIN, self.value, one), -PV_EINVAL);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_INTERDOMAIN, self.value, two), -PV_EINVAL);
    EXPECT_FALSE(guest_.domain->bind_host({one}, self).has_value());
}

TEST_F(Ports, LoopbackOutlivesTheCloseOfAnEnd)
{
    const uint32_t one = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    const uint32_t two = loop_to(one);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, one), 0);
    EXPECT_EQ(state(one), PV_PORT_FREE);
    EXPECT_EQ(state(two), PV_PORT_UNBOUND);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, two), -PV_EINVAL);
    const uint32_t three = loop_to(two);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, three), 0);
    EXPECT_TRUE(guest_.pending(two));
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, three), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, two), 0);
    EXPECT_EQ(state(two), PV_PORT_FREE);
}

// Its old peer's number may be another port's by now.
TEST_F(Ports, LoopbackForgetsWhoHasClosed)
{
    const uint32_t one = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    const uint32_t two = loop_to(one);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, one), 0);
    while (guest_.event(PV_EVENT_BIND_IPI, 0) > 0)
        ;
    EXPECT_EQ(state(one), PV_PORT_IPI);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, two), 0);
    EXPECT_EQ(state(one), PV_PORT_IPI);
}

TEST_F(Ports, LoopbackNeedsTwo)
{
    while (guest_.event(PV_EVENT_ALLOC_UNBOUND, self.value) > 0)
        ;
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_INTERDOMAIN, self.value, 1), -PV_ENOSPC);
    EXPECT_EQ(state(1), PV_PORT_UNBOUND);
}

TEST_F(Ports, TimerIsOneAVcpu)
{
    const uint32_t first = guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 0);
    const uint32_t second = guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 1);
    EXPECT_EQ(state(first), PV_PORT_VIRQ);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 0), -PV_EEXIST);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 1), -PV_EEXIST);
    guest_.domain->timer_due({1});
    EXPECT_FALSE(guest_.pending(first));
    EXPECT_TRUE(guest_.pending(second));
    EXPECT_EQ(guest_.vehicle.upcalls, std::vector<uint32_t>{1});
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, second), -PV_EINVAL);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, second), 0);
    EXPECT_FALSE(guest_.pending(second));
    guest_.domain->timer_due({1});
    EXPECT_FALSE(guest_.pending(second));
    EXPECT_GT(guest_.event(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 1), 0);
}

TEST_F(Ports, OtherVirqsAreOneAGuest)
{
    for (const uint32_t virq : {PV_VIRQ_SHUTDOWN, PV_VIRQ_SUSPEND}) {
        const uint32_t port = guest_.port(PV_EVENT_BIND_VIRQ, virq, 1);
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_VIRQ, virq, 1), -PV_EEXIST);
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_VIRQ, virq, 0), -PV_EEXIST);
        guest_.forget();
        guest_.domain->raise_virq(virq);
        EXPECT_TRUE(guest_.pending(port));
        EXPECT_EQ(guest_.vehicle.upcalls, std::vector<uint32_t>{1});
    }
    for (const uint64_t virq : {uint64_t{PV_VIRQS}, beyond_32, beyond_32 + 1, UINT64_MAX})
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_VIRQ, virq, 0), -PV_EINVAL) << virq;
    for (const uint64_t vcpu : bad_vcpus)
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, vcpu), -PV_EINVAL) << vcpu;
}

TEST_F(Ports, IpiReachesItsVcpu)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 1);
    EXPECT_EQ(state(port), PV_PORT_IPI);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_TRUE(guest_.pending(port));
    EXPECT_EQ(guest_.vehicle.upcalls, std::vector<uint32_t>{1});
    EXPECT_EQ(guest_.upcall(1), 1U);
    EXPECT_EQ(guest_.upcall(0), 0U);
    for (const uint64_t vcpu : bad_vcpus)
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_IPI, vcpu), -PV_EINVAL) << vcpu;
}

TEST_F(Ports, MoveBetweenVcpus)
{
    const uint32_t one = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    const uint32_t two = loop_to(one);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, two, 1), 0);
    EXPECT_TRUE(guest_.vehicle.upcalls.empty());
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, one), 0);
    EXPECT_EQ(guest_.vehicle.upcalls, std::vector<uint32_t>{1});
    // What is pending moves too.
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, two, 0), 0);
    EXPECT_EQ(guest_.vehicle.upcalls, (std::vector<uint32_t>{1, 0}));
    EXPECT_EQ(guest_.selector(0), uint64_t{1} << (two / 64));
    for (const uint64_t vcpu : bad_vcpus)
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, two, vcpu), -PV_EINVAL) << vcpu;
}

TEST_F(Ports, MoveQuietlyWhenMaskedOrAlreadyCalled)
{
    const uint32_t one = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    const uint32_t two = loop_to(one);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, one), 0);
    guest_.vehicle.upcalls.clear();
    guest_.set_mask(two, true);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, two, 1), 0);
    EXPECT_EQ(guest_.selector(1), 0U);
    guest_.set_mask(two, false);
    guest_.set_upcall(1, 1);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, two, 1), 0);
    EXPECT_NE(guest_.selector(1), 0U);
    EXPECT_TRUE(guest_.vehicle.upcalls.empty());
}

TEST_F(Ports, SomeBelongWhereTheyAre)
{
    const uint32_t ipi = guest_.port(PV_EVENT_BIND_IPI, 0);
    const uint32_t timer = guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 0);
    const uint32_t shutdown = guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_SHUTDOWN, 0);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, ipi, 1), -PV_EINVAL);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, timer, 1), -PV_EINVAL);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, shutdown, 1), 0);
    guest_.domain->raise_virq(PV_VIRQ_SHUTDOWN);
    EXPECT_EQ(guest_.vehicle.upcalls, std::vector<uint32_t>{1});
}

TEST_F(Ports, MaskedAreSilentUntilUnmasked)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 1);
    EXPECT_EQ(guest_.event(PV_EVENT_UNMASK, port), 0);
    EXPECT_TRUE(guest_.vehicle.upcalls.empty());
    guest_.set_mask(port, true);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_TRUE(guest_.pending(port));
    EXPECT_EQ(guest_.upcall(1), 0U);
    EXPECT_EQ(guest_.selector(1), 0U);
    EXPECT_TRUE(guest_.vehicle.upcalls.empty());
    EXPECT_EQ(guest_.event(PV_EVENT_UNMASK, port), 0);
    EXPECT_EQ(guest_.upcall(1), 1U);
    EXPECT_EQ(guest_.selector(1), uint64_t{1} << (port / 64));
    EXPECT_EQ(guest_.vehicle.upcalls, std::vector<uint32_t>{1});
    guest_.forget();
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_EQ(guest_.vehicle.upcalls, std::vector<uint32_t>{1});
}

TEST_F(Ports, PendingAreRaisedOnce)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_EQ(guest_.vehicle.upcalls.size(), 1U);
    guest_.set_upcall(0, 0);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_EQ(guest_.vehicle.upcalls.size(), 1U);
}

TEST_F(Ports, CloseTakesWhatIsPendingAlong)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, port), 0);
    EXPECT_FALSE(guest_.pending(port));
}

TEST_F(Ports, ThereAre4095)
{
    std::vector<bool> given(PV_PORTS);
    for (uint32_t i = 1; i < PV_PORTS; i++) {
        const uint32_t port = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
        EXPECT_FALSE(given[port]);
        given[port] = true;
    }
    EXPECT_FALSE(given[0]);
    EXPECT_EQ(guest_.event(PV_EVENT_ALLOC_UNBOUND, other.value), -PV_ENOSPC);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_IPI, 0), -PV_ENOSPC);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 0), -PV_ENOSPC);
    EXPECT_EQ(state(PV_PORTS - 1), PV_PORT_UNBOUND);
    EXPECT_EQ(guest_.event(PV_EVENT_RESET), 0);
    for (uint32_t port = 0; port < PV_PORTS; port++)
        EXPECT_EQ(state(port), PV_PORT_FREE);
    EXPECT_GT(guest_.event(PV_EVENT_ALLOC_UNBOUND, other.value), 0);
}

// Also the one that was given last.
TEST_F(Ports, TheOnlyFreeOneIsFound)
{
    for (uint32_t i = 1; i < PV_PORTS; i++)
        (void)guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    for (const uint32_t port : {1U, 64U, 4094U, 4095U, 4095U, 1U, 1U, 2U}) {
        ASSERT_EQ(guest_.event(PV_EVENT_CLOSE, port), 0);
        ASSERT_EQ(guest_.event(PV_EVENT_ALLOC_UNBOUND, other.value), port);
    }
}

TEST_F(Ports, AreGivenInTurnSoThatOldNumbersRest)
{
    const uint32_t first = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, first), 0);
    EXPECT_NE(guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value), first);
}

} // namespace
} // namespace paravane::hypercall_test
