// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "guest.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr std::array<uint64_t, 5> no_vcpus = {2, PV_VCPUS_MAX, beyond_32, beyond_32 + 1,
                                              UINT64_MAX};

TEST(VcpuCall, StartsOneThatIsDown)
{
    const Guest guest;
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_IS_UP, 0), 1);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_IS_UP, 1), 0);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_UP, 0, 1, 2, 3), -PV_EBUSY);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_UP, 1, UINT64_MAX, 2, beyond_32), 0);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_IS_UP, 1), 1);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_UP, 1, 1, 2, 3), -PV_EBUSY);
    ASSERT_EQ(guest.vehicle.starts.size(), 1U);
    const auto &[vcpu, start] = guest.vehicle.starts[0];
    EXPECT_EQ(vcpu, VcpuId{1});
    EXPECT_EQ(start.entry.value, UINT64_MAX);
    EXPECT_EQ(start.stack.value, 2U);
    EXPECT_EQ(start.argument, beyond_32);
}

TEST(VcpuCall, StaysDownWhenTheVehicleCannot)
{
    Guest guest;
    guest.vehicle.start_result = -PV_ENOMEM;
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_UP, 1), -PV_ENOMEM);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_IS_UP, 1), 0);
    guest.vehicle.start_result = 0;
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_UP, 1), 0);
}

TEST(VcpuCall, DownIsTheCaller)
{
    const Guest guest;
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_UP, 1), 0);
    const Outcome outcome = guest.call_from(1, PV_CALL_VCPU, {PV_VCPU_DOWN, 0});
    EXPECT_EQ(outcome.after, After::down);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_IS_UP, 0), 1);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_IS_UP, 1), 0);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_UP, 1), 0);
}

TEST(VcpuCall, RefusesVcpusThatAreNotThere)
{
    const Guest guest;
    for (const uint64_t vcpu : no_vcpus) {
        EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_UP, vcpu, 1, 2, 3), -PV_EINVAL) << vcpu;
        EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_IS_UP, vcpu), -PV_EINVAL) << vcpu;
        EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_RUNSTATE, vcpu, 0), -PV_EINVAL) << vcpu;
    }
    EXPECT_TRUE(guest.vehicle.starts.empty());
}

TEST(VcpuCall, TellsWhereTheTimeWent)
{
    const Guest guest;
    Runstate &time = guest.domain->vcpu({1}).time;
    time.enter(PV_RUNSTATE_RUNNING);
    time.enter(PV_RUNSTATE_BLOCKED);
    for (uint64_t state = 0; state < PV_RUNSTATES; state++)
        EXPECT_GE(guest.call(PV_CALL_VCPU, PV_VCPU_RUNSTATE, 1, state), 0) << state;
    EXPECT_GT(guest.call(PV_CALL_VCPU, PV_VCPU_RUNSTATE, 1, PV_RUNSTATE_BLOCKED), 0);
    EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_RUNSTATE, 1, PV_RUNSTATE_SERVICED), 0);
    for (const uint64_t state : {uint64_t{PV_RUNSTATES}, beyond_32, UINT64_MAX})
        EXPECT_EQ(guest.call(PV_CALL_VCPU, PV_VCPU_RUNSTATE, 1, state), -PV_EINVAL) << state;
}

TEST(DomainSettings, HaveLimits)
{
    FakeHost host;
    const auto refused = [&](uint32_t vcpus, uint64_t memory) {
        DomainSettings settings = small_guest(vcpus);
        settings.memory = memory;
        const Result<std::unique_ptr<Domain>> made = Domain::create(settings, host);
        if (!made) {
            EXPECT_FALSE(made.error().text.empty());
            EXPECT_EQ(made.error().text.find('\n'), std::string::npos);
        }
        return !made;
    };
    EXPECT_TRUE(refused(0, ram_bytes));
    EXPECT_FALSE(refused(1, ram_bytes));
    EXPECT_FALSE(refused(PV_VCPUS_MAX, ram_bytes));
    EXPECT_TRUE(refused(PV_VCPUS_MAX + 1, ram_bytes));
    EXPECT_TRUE(refused(1, ram_bytes - PV_PAGE_SIZE));
    EXPECT_TRUE(refused(1, ram_bytes + 1));
    EXPECT_FALSE(refused(1, ram_bytes + PV_PAGE_SIZE));
    EXPECT_TRUE(refused(1, 0));
    EXPECT_TRUE(refused(1, UINT64_MAX - PV_PAGE_SIZE + 1));
}

TEST(DomainSettings, GiveNoMoreThanTheHostHas)
{
    FakeHost host;
    DomainSettings settings = small_guest(1);
    settings.memory =
        (static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(getpagesize())) +
        PV_PAGE_SIZE;
    if (settings.memory > PV_ARENAS - (PV_RAM_HOLE_END - PV_RAM_HOLE))
        GTEST_SKIP() << "this host has more than any guest may have";
    const Result<std::unique_ptr<Domain>> made = Domain::create(settings, host);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text.find("--memory"), std::string::npos);
    EXPECT_EQ(made.error().text.find('\n'), std::string::npos);
}

TEST(DomainSettings, BoundTheArena)
{
    FakeHost host;
    const auto refused = [&](uint64_t arena) {
        DomainSettings settings = small_guest(1);
        settings.arena = arena;
        const Result<std::unique_ptr<Domain>> made = Domain::create(settings, host);
        EXPECT_EQ(made ? std::string::npos : made.error().text.find('\n'), std::string::npos);
        return !made;
    };
    const uint64_t of_host =
        static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(getpagesize());
    const uint64_t most = std::min(of_host, uint64_t{64} << 30);
    EXPECT_FALSE(refused(0));
    EXPECT_FALSE(refused(PV_PAGE_SIZE));
    EXPECT_TRUE(refused(PV_PAGE_SIZE + 1));
    EXPECT_TRUE(refused(1));
    EXPECT_FALSE(refused(most));
    EXPECT_TRUE(refused(most + PV_PAGE_SIZE));
    EXPECT_TRUE(refused(UINT64_MAX - PV_PAGE_SIZE + 1));
}

// A guest that uses none of it has none of the host's.
TEST(DomainSettings, LeaveTheFramesOfGrantsUntouched)
{
    const Guest guest;
    for (const uint64_t base : {PV_GRANT_TABLE, PV_ARENAS}) {
        struct stat status = {};
        ASSERT_EQ(fstat(guest.domain->memory().at({base})->memory.fd(), &status), 0);
        EXPECT_EQ(status.st_blocks, 0) << base;
    }
}

// The most there may be, as the message puts it.
TEST(DomainSettings, SayWhatTheyAllow)
{
    FakeHost host;
    DomainSettings settings = small_guest(1);
    settings.memory = (PV_ARENAS - (PV_RAM_HOLE_END - PV_RAM_HOLE)) + PV_PAGE_SIZE;
    const Result<std::unique_ptr<Domain>> made = Domain::create(settings, host);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text.find("to 127 GiB"), std::string::npos) << made.error().text;
}

} // namespace
} // namespace paravane::hypercall_test
