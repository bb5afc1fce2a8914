// SPDX-License-Identifier: Apache-2.0
//
// A guest that stands still, and goes on in a later epoch.
#include <chrono>
#include <future>

#include <gtest/gtest.h>

#include "grants.hpp"
#include "hypercall/host/start_pages.hpp"
#include <paravane/start_info.h>
#include <paravane/time_page.h>

namespace paravane::hypercall_test {
namespace {

using std::chrono::milliseconds;

class Suspend : public testing::Test {
  protected:
    Suspend()
    {
        Result<HostEnd> store = guest_.domain->make_store_port();
        EXPECT_TRUE(store.has_value());
        store_ = std::move(*store);
        const Image image = {{PV_GUEST_VIRTUAL_BASE}, {0x10000}, {}};
        EXPECT_TRUE(write_start_pages(*guest_.domain, guest_.vehicle, image).has_value());
    }
    [[nodiscard]] std::future<Outcome> call(uint32_t vcpu, uint64_t number,
                                            const std::array<uint64_t, 5> &arguments) const
    {
        return std::async(std::launch::async, [this, vcpu, number, arguments] {
            return guest_.call_from(vcpu, number, arguments);
        });
    }
    // From vCPU 0; afterwards all stand still.
    [[nodiscard]] std::future<Outcome> suspend()
    {
        const unsigned int before = guest_.host.suspends;
        std::future<Outcome> call_of_it = call(0, PV_CALL_SCHED, {PV_SCHED_SUSPEND});
        for (int i = 0; i < 5000 && guest_.host.suspends == before; i++)
            std::this_thread::sleep_for(milliseconds(1));
        EXPECT_EQ(guest_.host.suspends, before + 1);
        return call_of_it;
    }
    static bool stands_still(const std::future<Outcome> &call)
    {
        return call.wait_for(milliseconds(30)) == std::future_status::timeout;
    }
    static bool ends_soon(const std::future<Outcome> &call)
    {
        return call.wait_for(milliseconds(5000)) == std::future_status::ready;
    }
    [[nodiscard]] uint64_t told_epoch() const
    {
        return pv_le64_get(guest_.get<pv_start_info>(PV_START_INFO).epoch);
    }
    Guest guest_;
    HostEnd store_;
};

TEST_F(Suspend, StandsStillUntilItIsResumed)
{
    std::future<Outcome> suspension = suspend();
    EXPECT_TRUE(stands_still(suspension));
    EXPECT_EQ(told_epoch(), 1U);
    EXPECT_TRUE(guest_.domain->resume(2).has_value());
    ASSERT_TRUE(ends_soon(suspension));
    const Outcome outcome = suspension.get();
    EXPECT_EQ(outcome.result, 2);
    EXPECT_EQ(outcome.after, After::resume);
    EXPECT_EQ(told_epoch(), 2U);
    EXPECT_EQ(guest_.vehicle.holds, 1U);
    EXPECT_EQ(guest_.vehicle.releases, 1U);
    EXPECT_EQ(guest_.violations(), 0U);
    // Whatever else the start info says stays.
    const auto info = guest_.get<pv_start_info>(PV_START_INFO);
    EXPECT_EQ(pv_le64_get(info.magic), PV_START_MAGIC);
    EXPECT_EQ(pv_le64_get(info.arena_bytes), uint64_t{16} << 20);
}

TEST_F(Suspend, TakesLaterEpochsAlone)
{
    EXPECT_FALSE(guest_.domain->resume(2).has_value());
    std::future<Outcome> suspension = suspend();
    for (const uint64_t epoch : {uint64_t{0}, uint64_t{1}, uint64_t{INT64_MAX} + 1, UINT64_MAX})
        EXPECT_FALSE(guest_.domain->resume(epoch).has_value()) << epoch;
    EXPECT_TRUE(stands_still(suspension));
    EXPECT_TRUE(guest_.domain->resume(1000).has_value());
    EXPECT_EQ(suspension.get().result, 1000);
    EXPECT_FALSE(guest_.domain->resume(1001).has_value());

    std::future<Outcome> again = suspend();
    EXPECT_FALSE(guest_.domain->resume(1000).has_value());
    EXPECT_TRUE(guest_.domain->resume(INT64_MAX).has_value());
    EXPECT_EQ(again.get().result, INT64_MAX);
    EXPECT_EQ(told_epoch(), uint64_t{INT64_MAX});
}

// What the time page says was measured after it stood still.
TEST_F(Suspend, GoesOnWithAClockThatIsRight)
{
    const auto measured = [&] {
        return pv_le64_get(guest_.get<pv_time_page>(PV_TIME_PAGE).counter_base);
    };
    std::future<Outcome> suspension = suspend();
    const uint64_t before = measured();
    EXPECT_TRUE(guest_.domain->resume(2).has_value());
    EXPECT_GT(measured(), before);
    EXPECT_TRUE(ends_soon(suspension));
}

TEST_F(Suspend, HoldsTheCallsOfOthers)
{
    std::future<Outcome> suspension = suspend();
    std::future<Outcome> version = call(1, PV_CALL_VERSION, {PV_VERSION_ABI});
    EXPECT_TRUE(stands_still(version));
    EXPECT_TRUE(guest_.domain->resume(2).has_value());
    ASSERT_TRUE(ends_soon(version));
    EXPECT_EQ(version.get().result, 1);
    EXPECT_TRUE(ends_soon(suspension));
}

// Not even what nobody sees before it returns.
TEST_F(Suspend, CarriesOutNothingMeanwhile)
{
    std::future<Outcome> suspension = suspend();
    std::future<Outcome> text = call(1, PV_CALL_CONSOLE_IO, {0x1000, 2});
    EXPECT_EQ(text.wait_for(milliseconds(200)), std::future_status::timeout);
    EXPECT_TRUE(guest_.host.texts.empty());
    EXPECT_TRUE(guest_.domain->resume(2).has_value());
    ASSERT_TRUE(ends_soon(text));
    EXPECT_EQ(guest_.host.texts.size(), 1U);
    EXPECT_TRUE(ends_soon(suspension));
}

// A call that slept when the guest was suspended is not what goes on alone.
TEST_F(Suspend, HoldsWhoIsWokenMeanwhile)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_TIMER, 1);
    guest_.put(0x3000, pv_le32_of(port));
    FakeBackend backend(guest_, {1});
    give(guest_, 5, host_domain);
    backend.pins.pin({5});
    take_back(guest_, 5);
    std::future<Outcome> poll = call(1, PV_CALL_SCHED, {PV_SCHED_POLL, 0x3000, 1, 0});
    std::future<Outcome> revocation = call(1, PV_CALL_GRANT, {PV_GRANT_REVOKE, 5, UINT64_MAX});
    EXPECT_TRUE(stands_still(poll));
    EXPECT_TRUE(stands_still(revocation));
    std::future<Outcome> suspension = suspend();
    // Timers go on, and the host detaches backends.
    guest_.domain->timer_due({1});
    EXPECT_TRUE(guest_.pending(port));
    guest_.domain->detach({1});
    EXPECT_TRUE(stands_still(poll));
    EXPECT_TRUE(stands_still(revocation));
    EXPECT_TRUE(guest_.domain->resume(2).has_value());
    ASSERT_TRUE(ends_soon(poll));
    ASSERT_TRUE(ends_soon(revocation));
    EXPECT_EQ(poll.get().result, 0);
    EXPECT_EQ(revocation.get().result, 0);
    EXPECT_TRUE(ends_soon(suspension));
}

TEST_F(Suspend, UnbindsTheHostsEnds)
{
    const uint32_t bound = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    const uint32_t direct = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    const uint32_t unbound = guest_.port(PV_EVENT_ALLOC_UNBOUND, other.value);
    const uint32_t ipi = guest_.port(PV_EVENT_BIND_IPI, 0);
    const uint32_t loop = guest_.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    const uint32_t peer = guest_.port(PV_EVENT_BIND_INTERDOMAIN, self.value, loop);
    const HostEnd one = guest_.bind_host(bound);
    const HostEnd two = guest_.bind_host(direct);
    EXPECT_EQ(guest_.event(PV_EVENT_BIND_DIRECT, direct, 1, 3), 0);
    EXPECT_EQ(guest_.event(PV_EVENT_DOORBELL, bound, 0x4000), 0);
    std::future<Outcome> suspension = suspend();
    EXPECT_EQ(guest_.host.watched.size(), 1U);
    EXPECT_TRUE(guest_.host.watched.contains(guest_.domain->store_port()));
    EXPECT_TRUE(guest_.vehicle.doorbells.empty());
    EXPECT_TRUE(guest_.vehicle.directs.empty());
    EXPECT_TRUE(guest_.domain->resume(2).has_value());
    ASSERT_TRUE(ends_soon(suspension));

    for (const uint32_t port : {bound, direct, unbound})
        EXPECT_EQ(guest_.event(PV_EVENT_STATUS, port), PV_PORT_UNBOUND) << port;
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, ipi), PV_PORT_IPI);
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, loop), PV_PORT_INTERDOMAIN);
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, peer), PV_PORT_INTERDOMAIN);
    EXPECT_EQ(guest_.event(PV_EVENT_STATUS, guest_.domain->store_port().value),
              PV_PORT_INTERDOMAIN);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, bound), -PV_EINVAL);
    EXPECT_EQ(guest_.event(PV_EVENT_SEND, guest_.domain->store_port().value), 0);
    // They may be bound again, with what the guest chose for them.
    const HostEnd anew = guest_.bind_host(direct);
    EXPECT_EQ(guest_.vehicle.directs.size(), 1U);
    EXPECT_EQ(guest_.violations(), 0U);
    EXPECT_EQ(guest_.host.strays + guest_.vehicle.strays, 0U);
}

TEST_F(Suspend, IsAskedForByAnEvent)
{
    const uint32_t port = guest_.port(PV_EVENT_BIND_VIRQ, PV_VIRQ_SUSPEND, 0);
    guest_.domain->raise_virq(PV_VIRQ_SUSPEND);
    EXPECT_TRUE(guest_.pending(port));
    // And nothing else happens.
    EXPECT_EQ(guest_.host.suspends, 0U);
    EXPECT_EQ(guest_.call(PV_CALL_VERSION, PV_VERSION_ABI), 1);
}

TEST_F(Suspend, OfTwoVcpusAtOnceIsTwo)
{
    std::future<Outcome> one = call(0, PV_CALL_SCHED, {PV_SCHED_SUSPEND});
    std::future<Outcome> two = call(1, PV_CALL_SCHED, {PV_SCHED_SUSPEND});
    uint64_t epoch = 1;
    for (int i = 0; i < 5000 && (one.wait_for(milliseconds(0)) != std::future_status::ready ||
                                 two.wait_for(milliseconds(0)) != std::future_status::ready);
         i++) {
        if (guest_.domain->resume(epoch + 1).has_value())
            epoch++;
        std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_EQ(guest_.host.suspends, 2U);
    EXPECT_EQ(epoch, 3U);
    EXPECT_EQ(guest_.vehicle.releases, 2U);
    EXPECT_EQ(guest_.violations(), 0U);
}

TEST_F(Suspend, EndsWithTheGuest)
{
    std::future<Outcome> suspension = suspend();
    std::future<Outcome> other_call = call(1, PV_CALL_VERSION, {PV_VERSION_ABI});
    EXPECT_TRUE(stands_still(other_call));
    guest_.domain->crash("its process is gone");
    ASSERT_TRUE(ends_soon(suspension));
    ASSERT_TRUE(ends_soon(other_call));
    EXPECT_EQ(suspension.get().after, After::ended);
    EXPECT_EQ(other_call.get().after, After::ended);
    EXPECT_EQ(guest_.vehicle.stops, 1U);
    EXPECT_EQ(guest_.vehicle.releases, 1U);
}

TEST_F(Suspend, EndsWhenTheDomainIsStopped)
{
    std::future<Outcome> suspension = suspend();
    guest_.domain->stop();
    ASSERT_TRUE(ends_soon(suspension));
    EXPECT_EQ(suspension.get().after, After::ended);
    EXPECT_EQ(guest_.vehicle.stops, 1U);
}

} // namespace
} // namespace paravane::hypercall_test
