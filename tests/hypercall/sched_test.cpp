// SPDX-License-Identifier: Apache-2.0
//
// Sleeping, polling and ending.
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "guest.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr uint64_t ports_at = 0x3000;
constexpr uint64_t millisecond = 1000000;

class Sched : public testing::Test {
  protected:
    void put_ports(const std::vector<uint32_t> &ports) const
    {
        for (std::size_t i = 0; i < ports.size(); i++)
            guest_.put(ports_at + i * sizeof(pv_le32), pv_le32_of(ports[i]));
    }
    [[nodiscard]] int64_t poll(const std::vector<uint32_t> &ports, uint64_t deadline) const
    {
        put_ports(ports);
        return guest_.call(PV_CALL_SCHED, PV_SCHED_POLL, ports_at, ports.size(), deadline);
    }
    [[nodiscard]] Outcome shut_down(uint64_t reason, uint64_t status) const
    {
        return guest_.call_from(0, PV_CALL_SCHED, {PV_SCHED_SHUTDOWN, reason, status});
    }
    Guest guest_;
};

TEST_F(Sched, YieldsAndBlocks)
{
    const Outcome yield = guest_.call_from(0, PV_CALL_SCHED, {PV_SCHED_YIELD});
    EXPECT_EQ(yield.result, 0);
    EXPECT_EQ(yield.after, After::yield);
    const Outcome block = guest_.call_from(1, PV_CALL_SCHED, {PV_SCHED_BLOCK});
    EXPECT_EQ(block.result, 0);
    EXPECT_EQ(block.after, After::block);
}

TEST_F(Sched, MaySleepWhileItsOwnUpcallIsClear)
{
    EXPECT_TRUE(guest_.domain->may_sleep({0}));
    guest_.set_upcall(1, 1);
    EXPECT_TRUE(guest_.domain->may_sleep({0}));
    EXPECT_FALSE(guest_.domain->may_sleep({1}));
    guest_.set_upcall(1, 0x80000000);
    EXPECT_FALSE(guest_.domain->may_sleep({1}));
}

TEST_F(Sched, PollEndsInTime)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    EXPECT_EQ(poll({port}, 1), -PV_ETIME);
    const uint64_t deadline = clock_now() + 20 * millisecond;
    EXPECT_EQ(poll({port}, deadline), -PV_ETIME);
    EXPECT_GE(clock_now(), deadline);
    EXPECT_EQ(poll({}, 1), -PV_ETIME);
}

TEST_F(Sched, PollSeesWhatIsPending)
{
    const uint32_t one = guest_.port(PV_EVENT_BIND_IPI, 0);
    const uint32_t two = guest_.port(PV_EVENT_BIND_IPI, 1);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, two), 0);
    EXPECT_EQ(poll({one}, 1), -PV_ETIME);
    EXPECT_EQ(poll({one, two}, 0), 0);
    EXPECT_EQ(poll({two, one}, 0), 0);
    // Whoever was late is not too late.
    EXPECT_EQ(poll({two}, 1), 0);
    guest_.set_mask(two, true);
    EXPECT_EQ(poll({two}, 0), 0);
}

TEST_F(Sched, PollTakesPortsThatAreThere)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    for (const uint32_t bad : {0U, port + 1, PV_PORTS - 1, PV_PORTS, PV_PORTS + port, UINT32_MAX}) {
        EXPECT_EQ(poll({bad}, 1), -PV_EINVAL) << bad;
        EXPECT_EQ(poll({port, bad}, 1), -PV_EINVAL) << bad;
    }
    const uint32_t direct = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    EXPECT_EQ(poll({direct}, 1), -PV_ETIME);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, direct, 0, 0), 0);
    EXPECT_EQ(poll({direct}, 1), -PV_EINVAL);
}

TEST_F(Sched, PollTakesNoMoreThanItsLimit)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    EXPECT_EQ(poll(std::vector(PV_POLL_PORTS_MAX, port), 1), -PV_ETIME);
    EXPECT_EQ(poll(std::vector(PV_POLL_PORTS_MAX + 1, port), 1), -PV_EINVAL);
    for (const uint64_t count : {beyond_32, beyond_32 + 1, UINT64_MAX})
        EXPECT_EQ(guest_.call(PV_CALL_SCHED, PV_SCHED_POLL, ports_at, count, 1), -PV_EINVAL);
    // Nothing would ever end it.
    EXPECT_EQ(poll({}, 0), -PV_EINVAL);
}

TEST_F(Sched, PollReadsItsPortsFromMemory)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    const auto poll_at = [&](uint64_t at, uint64_t count) {
        return guest_.call(PV_CALL_SCHED, PV_SCHED_POLL, at, count, 1);
    };
    guest_.put(ram_bytes - 4, pv_le32_of(port));
    EXPECT_EQ(poll_at(ram_bytes - 4, 1), -PV_ETIME);
    EXPECT_EQ(poll_at(ram_bytes - 4, 2), -PV_EFAULT);
    EXPECT_EQ(poll_at(ram_bytes - 3, 1), -PV_EFAULT);
    EXPECT_EQ(poll_at(hole, 1), -PV_EFAULT);
    EXPECT_EQ(poll_at(UINT64_MAX - 3, 2), -PV_EFAULT);
}

TEST_F(Sched, PollLetsOthersCallAndIsWokenByThem)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    int64_t result = -1;
    put_ports({port});
    std::thread sleeper([&] {
        result = guest_.call_from(1, PV_CALL_SCHED, {PV_SCHED_POLL, ports_at, 1, 0}).result;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, port), 0);
    sleeper.join();
    EXPECT_EQ(result, 0);
}

TEST_F(Sched, PollIsWokenByACallAmongMany)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    pv_multicall entry = {};
    entry.number = pv_le64_of(PV_CALL_EVENT);
    entry.argument[0] = pv_le64_of(PV_EVENT_SEND);
    entry.argument[1] = pv_le64_of(port);
    guest_.put(0x5000, entry);
    put_ports({port});
    const uint64_t soon = clock_now() + 1000 * millisecond;
    int64_t result = -1;
    uint64_t woken = 0;
    std::thread sleeper([&] {
        result = guest_.call_from(1, PV_CALL_SCHED, {PV_SCHED_POLL, ports_at, 1, soon}).result;
        woken = clock_now();
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(guest_.call(PV_CALL_MULTICALL, 0x5000, 1), 1);
    sleeper.join();
    EXPECT_EQ(result, 0);
    EXPECT_LT(woken, soon);
}

TEST_F(Sched, PollEndsWithTheGuest)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    put_ports({port});
    std::thread sleeper([&] {
        (void)guest_.call_from(1, PV_CALL_SCHED, {PV_SCHED_POLL, ports_at, 1, 0});
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    guest_.domain->end(PV_SHUTDOWN_POWEROFF, 0);
    sleeper.join();
    EXPECT_EQ(guest_.vehicle.stops, 1U);
}

// A domain process that is told to end must not wait for its guest.
TEST_F(Sched, PollEndsWhenTheDomainIsStopped)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_IPI, 0);
    put_ports({port});
    std::thread sleeper([&] {
        (void)guest_.call_from(1, PV_CALL_SCHED, {PV_SCHED_POLL, ports_at, 1, 0});
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    guest_.domain->stop();
    sleeper.join();
    EXPECT_EQ(guest_.vehicle.stops, 1U);
}

class PollWakers : public Sched, public testing::WithParamInterface<int> {};

TEST_P(PollWakers, EachWakesIt)
{
    const uint32_t timer = guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 1);
    const uint32_t shutdown = guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_SHUTDOWN, 0);
    const uint32_t remote = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    const HostEnd end = guest_.bind_host(remote);
    int64_t result = -1;
    put_ports({timer, shutdown, remote});
    std::thread sleeper([&] {
        result = guest_.call_from(1, PV_CALL_SCHED, {PV_SCHED_POLL, ports_at, 3, 0}).result;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (GetParam() == 0)
        guest_.domain->timer_due({1});
    else if (GetParam() == 1)
        guest_.domain->raise_virq(PV_VIRQ_SHUTDOWN);
    else
        guest_.domain->signalled({remote});
    sleeper.join();
    EXPECT_EQ(result, 0);
}
INSTANTIATE_TEST_SUITE_P(Events, PollWakers, testing::Range(0, 3));

TEST_F(Sched, ShutsDownOnce)
{
    const Outcome outcome = shut_down(PV_SHUTDOWN_REBOOT, 255);
    EXPECT_EQ(outcome.result, 0);
    EXPECT_EQ(outcome.after, After::ended);
    ASSERT_EQ(guest_.host.ends.size(), 1U);
    EXPECT_EQ(guest_.host.ends[0], (std::pair{uint32_t{PV_SHUTDOWN_REBOOT}, 255U}));
    EXPECT_EQ(guest_.vehicle.stops, 1U);

    // Whatever it asks now, it has ended.
    const Outcome later = guest_.call_from(1, PV_CALL_CONSOLE_IO, {0, 1});
    EXPECT_EQ(later.after, After::ended);
    EXPECT_TRUE(guest_.host.texts.empty());
    EXPECT_EQ(shut_down(PV_SHUTDOWN_POWEROFF, 0).after, After::ended);
    guest_.domain->end(PV_SHUTDOWN_CRASH, 1);
    guest_.domain->crash("late");
    EXPECT_EQ(guest_.host.ends.size(), 1U);
    EXPECT_TRUE(guest_.host.texts.empty());
}

TEST_F(Sched, ShutdownHasReasonsAndStatuses)
{
    for (const uint64_t reason : {uint64_t{PV_SHUTDOWNS}, beyond_32, UINT64_MAX})
        EXPECT_EQ(shut_down(reason, 0).result, -PV_EINVAL) << reason;
    for (const uint64_t status : {uint64_t{256}, beyond_32, UINT64_MAX}) {
        EXPECT_EQ(shut_down(0, status).result, -PV_EINVAL) << status;
        EXPECT_EQ(shut_down(0, status).after, After::resume) << status;
    }
    EXPECT_TRUE(guest_.host.ends.empty());
}

TEST_F(Sched, CrashLeavesALineOnTheConsole)
{
    guest_.domain->crash("vCPU 0 did it");
    ASSERT_EQ(guest_.host.texts.size(), 1U);
    EXPECT_EQ(guest_.host.texts[0], "\n@pv panic vCPU 0 did it\n");
    ASSERT_EQ(guest_.host.ends.size(), 1U);
    EXPECT_EQ(guest_.host.ends[0].first, static_cast<uint32_t>(PV_SHUTDOWN_CRASH));
}

} // namespace
} // namespace paravane::hypercall_test
