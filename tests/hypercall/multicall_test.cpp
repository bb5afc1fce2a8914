// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "guest.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr uint64_t calls_at = 0x2000;
constexpr uint64_t untouched = 0x5555;

class Multicall : public testing::Test {
  protected:
    static pv_multicall entry(uint64_t number, const std::array<uint64_t, 5> &argument)
    {
        pv_multicall one = {};
        one.number = pv_le64_of(number);
        for (std::size_t i = 0; i < argument.size(); i++)
            one.argument[i] = pv_le64_of(argument[i]);
        one.result = pv_le64_of(untouched);
        return one;
    }
    void put(uint32_t index, uint64_t number, const std::array<uint64_t, 5> &argument = {},
             uint64_t array = calls_at) const
    {
        guest_.put(array + index * sizeof(pv_multicall), entry(number, argument));
    }
    [[nodiscard]] int64_t result(uint32_t index, uint64_t array = calls_at) const
    {
        const auto one = guest_.get<pv_multicall>(array + index * sizeof(pv_multicall));
        return static_cast<int64_t>(pv_le64_get(one.result));
    }
    [[nodiscard]] int64_t run(uint64_t at, uint64_t count) const
    {
        return guest_.call(PV_CALL_MULTICALL, at, count);
    }
    Guest guest_;
};

TEST_F(Multicall, WritesEachResult)
{
    put(0, PV_CALL_VERSION, {PV_VERSION_DOMAIN});
    put(1, UINT64_MAX);
    put(2, PV_CALL_MEMORY, {PV_MEMORY_REGION, 1000, 0});
    put(3, PV_CALL_CONSOLE_IO, {0x1000, 2});
    put(4, PV_CALL_VERSION);
    EXPECT_EQ(run(calls_at, 4), 4);
    EXPECT_EQ(result(0), self.value);
    EXPECT_EQ(result(1), -PV_ENOSYS);
    EXPECT_EQ(result(2), -PV_ENOENT);
    EXPECT_EQ(result(3), 2);
    EXPECT_EQ(result(4), static_cast<int64_t>(untouched));
}

TEST_F(Multicall, PassesAllArguments)
{
    put(0, PV_CALL_MEMORY, {PV_MEMORY_MAP, 0x7000, 0x3000, 0x1000, PV_PROTECT_READ});
    EXPECT_EQ(run(calls_at, 1), 1);
    ASSERT_EQ(guest_.vehicle.mappings.size(), 1U);
    EXPECT_EQ(guest_.vehicle.mappings[0].from.value, 0x7000U);
    EXPECT_EQ(guest_.vehicle.mappings[0].to.value, 0x3000U);
    EXPECT_EQ(guest_.vehicle.mappings[0].bytes, 0x1000U);
    EXPECT_EQ(guest_.vehicle.mappings[0].access, PV_PROTECT_READ);
}

TEST_F(Multicall, RefusesThoseThatAreCallsOfTheirOwn)
{
    put(0, PV_CALL_MULTICALL, {calls_at, 1});
    put(1, PV_CALL_SCHED, {PV_SCHED_SHUTDOWN});
    put(2, PV_CALL_VCPU, {PV_VCPU_DOWN});
    put(3, PV_CALL_SCHED, {PV_SCHED_SUSPEND});
    put(4, PV_CALL_GRANT, {PV_GRANT_REVOKE, 1, 0});
    put(5, PV_CALL_GRANT, {PV_GRANT_COPY, 0x3000, 0});
    const Outcome outcome = guest_.call_from(0, PV_CALL_MULTICALL, {calls_at, 6});
    EXPECT_EQ(outcome.result, 6);
    EXPECT_EQ(outcome.after, After::resume);
    for (uint32_t index = 0; index < 6; index++)
        EXPECT_EQ(result(index), -PV_EINVAL) << index;
    EXPECT_TRUE(guest_.host.ends.empty());
    EXPECT_EQ(guest_.call(PV_CALL_VCPU, PV_VCPU_IS_UP, 0), 1);
}

TEST_F(Multicall, TakesNoMoreThanItsLimit)
{
    for (uint32_t index = 0; index <= PV_MULTICALL_MAX; index++)
        put(index, PV_CALL_VERSION);
    for (const uint64_t count : {uint64_t{PV_MULTICALL_MAX} + 1, beyond_32, beyond_32 + 1,
                                 uint64_t{UINT32_MAX}, UINT64_MAX})
        EXPECT_EQ(run(calls_at, count), -PV_EINVAL) << count;
    EXPECT_EQ(result(0), static_cast<int64_t>(untouched));
    EXPECT_EQ(run(calls_at, PV_MULTICALL_MAX), PV_MULTICALL_MAX);
    EXPECT_EQ(result(PV_MULTICALL_MAX - 1), 1);
    EXPECT_EQ(result(PV_MULTICALL_MAX), static_cast<int64_t>(untouched));
    EXPECT_EQ(run(calls_at, 0), 0);
}

TEST_F(Multicall, EndsWhereTheMemoryDoes)
{
    const uint64_t last = ram_bytes - sizeof(pv_multicall);
    put(0, PV_CALL_VERSION, {}, last);
    EXPECT_EQ(run(last, 2), 1);
    EXPECT_EQ(result(0, last), 1);
    EXPECT_EQ(run(last + 8, 1), -PV_EFAULT);
    EXPECT_EQ(run(hole, 1), -PV_EFAULT);
    EXPECT_EQ(run(UINT64_MAX - 7, 1), -PV_EFAULT);
    EXPECT_EQ(run(UINT64_MAX - sizeof(pv_multicall) + 1, 2), -PV_EFAULT);
}

// What has no room for its result is not carried out.
TEST_F(Multicall, CarriesOutNothingWithoutRoomForItsResult)
{
    put(0, PV_CALL_CONSOLE_IO, {0x1000, 3}, PV_COMMAND_LINE);
    EXPECT_EQ(run(PV_COMMAND_LINE, 1), -PV_EFAULT);
    EXPECT_TRUE(guest_.host.texts.empty());
}

// The host's wish that the guest waits must not be lost on the way, or it limits nobody.
TEST_F(Multicall, WaitsForAllItsCalls)
{
    guest_.host.answer = {true, 1000};
    put(0, PV_CALL_CONSOLE_IO, {0x1000, 3});
    put(1, PV_CALL_CONSOLE_IO, {0x1000, 3});
    EXPECT_EQ(guest_.call_from(0, PV_CALL_MULTICALL, {calls_at, 2}).delay, 2000U);
}

TEST_F(Multicall, WaitsAlsoWhenItEndsEarly)
{
    const uint64_t last = ram_bytes - sizeof(pv_multicall);
    guest_.host.answer = {true, 1000};
    put(0, PV_CALL_CONSOLE_IO, {0x1000, 3}, last);
    EXPECT_EQ(guest_.call_from(0, PV_CALL_MULTICALL, {last, 2}).delay, 1000U);
}

} // namespace
} // namespace paravane::hypercall_test
