// SPDX-License-Identifier: Apache-2.0
//
// Ports whose other end the host holds: eventfds, doorbells and direct events.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "guest.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr uint64_t answer_at = 0x4000;

class HostEnds : public testing::Test {
  protected:
    ~HostEnds() override
    {
        (void)guest_.event(PV_EVENT_RESET);
        EXPECT_EQ(guest_.violations(), 0U);
        EXPECT_TRUE(guest_.host.watched.empty());
        EXPECT_TRUE(guest_.vehicle.doorbells.empty());
        EXPECT_TRUE(guest_.vehicle.directs.empty());
        EXPECT_EQ(open_descriptors(), before_ + (held_.size() * 2));
    }
    [[nodiscard]] uint32_t offered() const
    {
        return guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    }
    [[nodiscard]] uint32_t bound()
    {
        const uint32_t port = offered();
        held_.push_back(guest_.bind_host(port));
        return port;
    }
    [[nodiscard]] pv_doorbell doorbell(uint32_t port) const
    {
        guest_.put(answer_at, std::vector<unsigned char>(sizeof(pv_doorbell), 0xee));
        EXPECT_EQ(guest_.event(PV_EVENT_DOORBELL, port, answer_at), 0);
        return guest_.get<pv_doorbell>(answer_at);
    }
    static bool signalled(const UniqueFd &fd)
    {
        eventfd_t count = 0;
        return eventfd_read(fd.get(), &count) == 0;
    }

    Guest guest_;
    std::size_t before_ = open_descriptors();
    std::vector<HostEnd> held_;
};

TEST_F(HostEnds, CarrySignalsBothWays)
{
    const uint32_t port = bound();
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, port), PV_PORT_INTERDOMAIN);
    EXPECT_FALSE(signalled(held_[0].doorbell));
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_TRUE(signalled(held_[0].doorbell));
    EXPECT_FALSE(signalled(held_[0].doorbell));
    EXPECT_FALSE(guest_.pending(port));

    ASSERT_EQ(guest_.host.watched.count({port}), 1U);
    EXPECT_EQ(eventfd_write(held_[0].event.get(), 1), 0);
    eventfd_t count = 0;
    EXPECT_EQ(eventfd_read(guest_.host.watched[{port}], &count), 0);
    guest_.domain->signalled({port});
    EXPECT_TRUE(guest_.pending(port));
    EXPECT_EQ(guest_.vehicle.upcalls, std::vector<uint32_t>{0});
}

TEST_F(HostEnds, AreOneAPort)
{
    const uint32_t port = bound();
    EXPECT_FALSE(guest_.domain->bind_host({port}, other).has_value());
    EXPECT_FALSE(guest_.domain->bind_host({0}, other).has_value());
    EXPECT_FALSE(guest_.domain->bind_host({port + 1}, other).has_value());
    const auto refused = guest_.domain->bind_host({PV_PORTS - 1}, other);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().text, "port 4095 is not offered to domain 9");
}

TEST_F(HostEnds, ComeAndGo)
{
    const uint32_t port = bound();
    guest_.domain->unbind_host({port});
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, port), PV_PORT_UNBOUND);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), -PV_EINVAL);
    EXPECT_TRUE(guest_.host.watched.empty());
    guest_.domain->unbind_host({port});
    guest_.domain->unbind_host({0});
    guest_.domain->unbind_host({PV_PORTS - 1});
    held_.push_back(guest_.bind_host(port));
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_TRUE(signalled(held_[1].doorbell));
    EXPECT_FALSE(signalled(held_[0].doorbell));
}

TEST_F(HostEnds, UnbindLeavesLoopbacksAlone)
{
    const uint32_t one = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    const uint32_t two = guest_.port(PV_EVENT_BIND_INTERDOMAIN, self.value, one);
    guest_.domain->unbind_host({one});
    guest_.domain->unbind_host({two});
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, one), PV_PORT_INTERDOMAIN);
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, two), PV_PORT_INTERDOMAIN);
}

TEST_F(HostEnds, DoNotReachOtherPrograms)
{
    (void)bound();
    EXPECT_NE(fcntl(held_[0].doorbell.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(fcntl(held_[0].event.get(), F_GETFD) & FD_CLOEXEC, 0);
}

// Not with UBSan, whose check of virtual calls opens a pipe and takes its failure for a bad object.
#ifndef PARAVANE_SANITIZED
TEST_F(HostEnds, SayWhyThereAreNone)
{
    const uint32_t port = offered();
    rlimit limit = {};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlimit none = {3, limit.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto end = guest_.domain->bind_host({port}, other);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_FALSE(end.has_value());
    EXPECT_EQ(end.error().text, "eventfds of a port: Too many open files");
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, port), PV_PORT_UNBOUND);
}
#endif

TEST_F(HostEnds, DoorbellsAreTheVehicles)
{
    const uint32_t port = bound();
    const pv_doorbell told = doorbell(port);
    EXPECT_EQ(pv_le32_get(told.space), static_cast<uint32_t>(PV_DOORBELL_MEMORY));
    EXPECT_EQ(pv_le32_get(told.width), 4U);
    EXPECT_EQ(pv_le64_get(told.value), port);
    EXPECT_EQ(pv_le64_get(told.reserved), 0U);
    EXPECT_EQ(guest_.vehicle.doorbells.size(), 1U);
    guest_.domain->unbind_host({port});
    EXPECT_TRUE(guest_.vehicle.doorbells.empty());
    held_.push_back(guest_.bind_host(port));
    EXPECT_EQ(pv_le32_get(doorbell(port).space), static_cast<uint32_t>(PV_DOORBELL_MEMORY));
    EXPECT_EQ(guest_.vehicle.doorbells.size(), 1U);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, port), 0);
    EXPECT_TRUE(guest_.vehicle.doorbells.empty());
}

// Whoever asks again is told the same.
TEST_F(HostEnds, DoorbellsStayAsTheyAre)
{
    const uint32_t port = bound();
    const pv_doorbell first = doorbell(port);
    const pv_doorbell second = doorbell(port);
    EXPECT_EQ(pv_le32_get(second.space), pv_le32_get(first.space));
    EXPECT_EQ(pv_le64_get(second.address), pv_le64_get(first.address));
    EXPECT_EQ(guest_.vehicle.doorbells.size(), 1U);
}

TEST_F(HostEnds, DoWithoutDoorbells)
{
    guest_.vehicle.has_doorbells = false;
    const uint32_t port = bound();
    EXPECT_EQ(pv_le32_get(doorbell(port).space), static_cast<uint32_t>(PV_DOORBELL_CALL));
    const uint32_t one = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    (void)guest_.port(PV_EVENT_BIND_INTERDOMAIN, self.value, one);
    guest_.vehicle.has_doorbells = true;
    EXPECT_EQ(pv_le32_get(doorbell(one).space), static_cast<uint32_t>(PV_DOORBELL_CALL));
    EXPECT_TRUE(guest_.vehicle.doorbells.empty());
}

TEST_F(HostEnds, DescribeDoorbellsInWritableMemoryAlone)
{
    const uint32_t port = bound();
    for (const uint64_t to : {hole, ram_bytes - sizeof(pv_doorbell) + 1, PV_START_INFO,
                              UINT64_MAX - 7, PV_HOST_PAGES - 8})
        EXPECT_EQ(guest_.event(PV_EVENT_DOORBELL, port, to), -PV_EFAULT) << to;
    EXPECT_TRUE(guest_.vehicle.doorbells.empty());
    EXPECT_EQ(guest_.event(PV_EVENT_DOORBELL, port, ram_bytes - sizeof(pv_doorbell)), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_DOORBELL, guest_.port(PV_EVENT_BIND_IPI, 0), answer_at),
              -PV_EINVAL);
}

TEST_F(HostEnds, DirectEventsWaitForTheHost)
{
    const uint32_t port = offered();
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 1, 14), 0);
    EXPECT_TRUE(guest_.vehicle.directs.empty());
    held_.push_back(guest_.bind_host(port));
    EXPECT_EQ(guest_.vehicle.directs.count({{1}, 14}), 1U);
    EXPECT_TRUE(guest_.host.watched.empty());
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, port, 0), -PV_EINVAL);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, 3), -PV_EINVAL);
}

TEST_F(HostEnds, DirectEventsTakeOver)
{
    const uint32_t port = bound();
    EXPECT_EQ(guest_.host.watched.size(), 1U);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, 0), 0);
    EXPECT_TRUE(guest_.host.watched.empty());
    EXPECT_EQ(guest_.vehicle.directs.size(), 1U);
}

TEST_F(HostEnds, DirectEventsGoWithTheHostAndComeBack)
{
    const uint32_t port = bound();
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, 0), 0);
    guest_.domain->unbind_host({port});
    EXPECT_TRUE(guest_.vehicle.directs.empty());
    held_.push_back(guest_.bind_host(port));
    EXPECT_EQ(guest_.vehicle.directs.size(), 1U);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, port), 0);
    EXPECT_TRUE(guest_.vehicle.directs.empty());
}

TEST_F(HostEnds, DirectEventsAreOneANumberAndVcpu)
{
    const uint32_t one = offered();
    const uint32_t two = offered();
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, one, 0, 5), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, two, 0, 5), -PV_EBUSY);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, two, 1, 5), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, one), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, offered(), 0, 5), 0);
}

TEST_F(HostEnds, DirectEventsHaveLimits)
{
    const uint32_t port = offered();
    for (const uint64_t number : {uint64_t{PV_DIRECT_EVENTS}, beyond_32, UINT64_MAX})
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, number), -PV_EINVAL) << number;
    for (const uint64_t vcpu : {uint64_t{2}, beyond_32, UINT64_MAX})
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, vcpu, 0), -PV_EINVAL) << vcpu;
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, guest_.port(PV_EVENT_BIND_IPI, 0), 0, 0),
              -PV_EINVAL);
    EXPECT_EQ(
        guest_.event(PV_EVENT_BIND_DIRECT, guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 0), 0, 0),
        -PV_EINVAL);
    guest_.vehicle.offered = 0;
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, 0), -PV_ENOSYS);
}

// A loopback raises pending bits, which a direct event has not.
TEST_F(HostEnds, DirectEventsAreNotForLoopbacks)
{
    const uint32_t one = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    const uint32_t two = guest_.port(PV_EVENT_BIND_INTERDOMAIN, self.value, one);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, one, 0, 0), -PV_EINVAL);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, two, 0, 0), -PV_EINVAL);
}

TEST_F(HostEnds, DirectEventsDoNotBecomeLoopbacks)
{
    const uint32_t port = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, 0), -PV_EINVAL);
    EXPECT_GT(guest_.event(PV_EVENT_BIND_INTERDOMAIN, self.value, port), 0);
}

TEST_F(HostEnds, ListenAgainWhenTheVehicleHasNoMore)
{
    guest_.vehicle.direct_result = -PV_ENOSPC;
    const uint32_t port = offered();
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, 0), 0);
    held_.push_back(guest_.bind_host(port));
    EXPECT_EQ(guest_.host.watched.size(), 1U);
    guest_.domain->signalled({port});
    EXPECT_TRUE(guest_.pending(port));
    guest_.domain->unbind_host({port});
    EXPECT_TRUE(guest_.host.watched.empty());
}

TEST_F(HostEnds, DirectEventsThatTheVehicleRefusesAreRefused)
{
    guest_.vehicle.direct_result = -PV_ENOSPC;
    const uint32_t port = bound();
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, 0), -PV_ENOSPC);
    EXPECT_EQ(guest_.host.watched.size(), 1U);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_VCPU, port, 1), 0);
}

// The port that the guest does not own.
TEST_F(HostEnds, TheStoresPortStays)
{
    Result<HostEnd> store = guest_.domain->make_store_port();
    ASSERT_TRUE(store.has_value());
    held_.push_back(std::move(*store));
    const uint32_t port = guest_.domain->store_port().value;
    ASSERT_GT(port, 0U);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, port), -PV_EPERM);
    EXPECT_EQ(guest_.event(PV_EVENT_RESET), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, port), PV_PORT_INTERDOMAIN);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    EXPECT_TRUE(signalled(held_[0].doorbell));
    EXPECT_EQ(guest_.host.watched.count({port}), 1U);
    EXPECT_FALSE(guest_.domain->bind_host({port}, host_domain).has_value());
    guest_.domain->unbind_host({port});
}

// Where signals went, and there alone, they stop.
TEST_F(HostEnds, RemoveOnlyWhatTheyAdded)
{
    const uint32_t port = bound();
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, 0), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, port), 0);
    EXPECT_EQ(guest_.host.strays, 0U);
    guest_.vehicle.direct_result = -PV_ENOSPC;
    const uint32_t refused = offered();
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, refused, 0, 0), 0);
    held_.push_back(guest_.bind_host(refused));
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, refused), 0);
    EXPECT_EQ(guest_.vehicle.strays, 0U);
}

TEST_F(HostEnds, ResetLeavesNothing)
{
    for (uint64_t number = 0; number < 3; number++) {
        const uint32_t port = bound();
        (void)doorbell(port);
        EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, port, 0, number), 0);
    }
    (void)bound();
    EXPECT_EQ(guest_.event(PV_EVENT_RESET), 0);
    EXPECT_TRUE(guest_.host.watched.empty());
    EXPECT_TRUE(guest_.vehicle.doorbells.empty());
    EXPECT_TRUE(guest_.vehicle.directs.empty());
    EXPECT_EQ(open_descriptors(), before_ + (held_.size() * 2));
}

TEST_F(HostEnds, SignalsOfAPortThatHasGoneAreNothing)
{
    const uint32_t port = bound();
    EXPECT_EQ(guest_.event(PV_EVENT_CLOSE, port), 0);
    guest_.domain->signalled({port});
    guest_.domain->signalled({0});
    EXPECT_FALSE(guest_.pending(port));
    EXPECT_FALSE(guest_.pending(0));
    EXPECT_TRUE(guest_.vehicle.upcalls.empty());
}

} // namespace
} // namespace paravane::hypercall_test
