// SPDX-License-Identifier: Apache-2.0
//
// Numbers and arguments as such, and the calls of one step: version, console_io, timer, callbacks.
#include <gtest/gtest.h>

#include "guest.hpp"

namespace paravane::hypercall_test {
namespace {

TEST(Dispatch, KnowsNoNumberPastTheLast)
{
    const Guest guest;
    for (const uint64_t number : {uint64_t{PV_CALLS}, uint64_t{PV_CALLS} + 1, beyond_32,
                                  beyond_32 + PV_CALL_VERSION, UINT64_MAX, UINT64_MAX / 2 + 1})
        EXPECT_EQ(guest.call(number), -PV_ENOSYS) << number;
}

TEST(Dispatch, RefusesUnknownOperations)
{
    const Guest guest;
    const std::array<std::pair<uint64_t, uint64_t>, 4> calls = {{{PV_CALL_SCHED, PV_SCHED_OPS},
                                                                 {PV_CALL_EVENT, PV_EVENT_OPS},
                                                                 {PV_CALL_MEMORY, PV_MEMORY_OPS},
                                                                 {PV_CALL_VCPU, PV_VCPU_OPS}}};
    for (const auto &[number, operations] : calls) {
        for (const uint64_t op : {operations, operations + 1, beyond_32, UINT64_MAX})
            EXPECT_EQ(guest.call(number, op), -PV_EINVAL) << number << " " << op;
        // Numbers that 32 bits would make good ones.
        for (uint64_t op = 0; op < operations; op++)
            EXPECT_EQ(guest.call(number, op + beyond_32, 1, 1), -PV_EINVAL) << number << " " << op;
    }
    EXPECT_EQ(guest.host.ends.size(), 0U);
}

TEST(Arguments, StayBadAfterOneOutOfRange)
{
    const Call call = {0, {beyond_32, 1, 2, 3, 4}};
    uint32_t first = 0;
    uint32_t second = 0;
    EXPECT_FALSE(Arguments(call).take(first).take(second).good());
    uint64_t whole = 0;
    EXPECT_TRUE(Arguments(call).take(whole).take(second).good());
    EXPECT_EQ(whole, beyond_32);
    EXPECT_EQ(second, 1U);
}

TEST(Arguments, HaveTheRangesOfTheirTypes)
{
    const auto takes = [](uint64_t value, auto to) {
        const Call call = {0, {value}};
        return Arguments(call).take(to).good();
    };
    EXPECT_TRUE(takes(UINT32_MAX, uint32_t{}));
    EXPECT_FALSE(takes(beyond_32, uint32_t{}));
    EXPECT_TRUE(takes(UINT32_MAX, VcpuId{}));
    EXPECT_FALSE(takes(beyond_32, VcpuId{}));
    EXPECT_TRUE(takes(PV_PORTS - 1, Port{}));
    EXPECT_FALSE(takes(PV_PORTS, Port{}));
    EXPECT_FALSE(takes(beyond_32 + 1, Port{}));
    EXPECT_TRUE(takes(UINT16_MAX, DomainId{}));
    EXPECT_FALSE(takes(UINT16_MAX + 1, DomainId{}));
    EXPECT_FALSE(takes(beyond_32 + 1, DomainId{}));
    EXPECT_TRUE(takes(UINT64_MAX, GuestAddress{}));
    EXPECT_TRUE(takes(UINT64_MAX, GuestVirtual{}));
    const Call three = {0, {3}};
    uint32_t value = 0;
    EXPECT_TRUE(Arguments(three).take(value, 4).good());
    EXPECT_FALSE(Arguments(three).take(value, 3).good());
}

TEST(Version, Answers)
{
    const Guest guest;
    EXPECT_EQ(guest.call(PV_CALL_VERSION, PV_VERSION_ABI), 1);
    EXPECT_EQ(guest.call(PV_CALL_VERSION, PV_VERSION_FEATURES),
              static_cast<int64_t>(guest.vehicle.offered));
    EXPECT_EQ(guest.call(PV_CALL_VERSION, PV_VERSION_DOMAIN), self.value);
    for (const uint64_t what : {uint64_t{3}, beyond_32, beyond_32 + PV_VERSION_DOMAIN, UINT64_MAX})
        EXPECT_EQ(guest.call(PV_CALL_VERSION, what), -PV_EINVAL) << what;
}

class Console : public testing::Test {
  protected:
    [[nodiscard]] int64_t print(uint64_t at, uint64_t bytes) const
    {
        return guest_.call(PV_CALL_CONSOLE_IO, at, bytes);
    }
    Guest guest_;
};

TEST_F(Console, TakesTextFromWhereverThereIsMemory)
{
    guest_.put(0x1000, std::array<unsigned char, 5>{'h', 'e', 'l', 'l', 'o'});
    EXPECT_EQ(print(0x1000, 5), 5);
    EXPECT_EQ(print(ram_bytes - 1, 1), 1);
    EXPECT_EQ(print(PV_HOST_PAGES, 4), 4);
    EXPECT_EQ(print(0, PV_CONSOLE_IO_MAX), PV_CONSOLE_IO_MAX);
    ASSERT_EQ(guest_.host.texts.size(), 4U);
    EXPECT_EQ(guest_.host.texts[0], "hello");
    EXPECT_EQ(guest_.host.texts[1], std::string(1, '\0'));
    EXPECT_EQ(guest_.host.texts[3].size(), PV_CONSOLE_IO_MAX);
}

TEST_F(Console, TakesNoMoreThanItsLimit)
{
    for (const uint64_t bytes : {uint64_t{PV_CONSOLE_IO_MAX} + 1, uint64_t{UINT32_MAX}, beyond_32,
                                 beyond_32 + 5, UINT64_MAX})
        EXPECT_EQ(print(0x1000, bytes), -PV_EINVAL) << bytes;
    EXPECT_TRUE(guest_.host.texts.empty());
}

TEST_F(Console, RefusesWhatIsNotMemory)
{
    EXPECT_EQ(print(ram_bytes, 1), -PV_EFAULT);
    EXPECT_EQ(print(ram_bytes - 1, 2), -PV_EFAULT);
    EXPECT_EQ(print(hole, 1), -PV_EFAULT);
    EXPECT_EQ(print(PV_HOST_PAGES - 1, 2), -PV_EFAULT);
    EXPECT_EQ(print(PV_HOST_PAGES + PV_HOST_PAGES_SIZE - 1, 2), -PV_EFAULT);
    EXPECT_EQ(print(UINT64_MAX, 1), -PV_EFAULT);
    EXPECT_EQ(print(UINT64_MAX - 3, 8), -PV_EFAULT);
    EXPECT_EQ(print(PV_SYSTEM_PAGES, 1), -PV_EFAULT);
    EXPECT_TRUE(guest_.host.texts.empty());
}

TEST_F(Console, PassesTheHostsAnswerOn)
{
    guest_.host.answer = {true, 1234};
    const Outcome slow = guest_.call_from(0, PV_CALL_CONSOLE_IO, {0, 3});
    EXPECT_EQ(slow.result, 3);
    EXPECT_EQ(slow.delay, 1234U);
    EXPECT_EQ(slow.after, After::resume);
    guest_.host.answer = {false, 99};
    const Outcome busy = guest_.call_from(0, PV_CALL_CONSOLE_IO, {0, 3});
    EXPECT_EQ(busy.result, 0);
    EXPECT_EQ(busy.delay, 99U);
}

TEST(Timer, IsTheCallers)
{
    const Guest guest;
    EXPECT_EQ(guest.call_from(1, PV_CALL_SET_TIMER, {UINT64_MAX}).result, 0);
    EXPECT_EQ(guest.call_from(0, PV_CALL_SET_TIMER, {0}).result, 0);
    ASSERT_EQ(guest.host.timers.size(), 2U);
    EXPECT_EQ(guest.host.timers[0], (std::pair{VcpuId{1}, UINT64_MAX}));
    EXPECT_EQ(guest.host.timers[1], (std::pair{VcpuId{0}, uint64_t{0}}));
}

TEST(Callbacks, HaveLimitsByKind)
{
    const Guest guest;
    const std::array<uint64_t, PV_CALLBACKS> counts = {32, 1, PV_DIRECT_EVENTS};
    for (uint64_t kind = 0; kind < counts.size(); kind++) {
        EXPECT_EQ(guest.call(PV_CALL_SET_CALLBACK, kind, counts[kind] - 1, 0x1234, 0x5678), 0);
        for (const uint64_t which : {counts[kind], beyond_32, UINT64_MAX})
            EXPECT_EQ(guest.call(PV_CALL_SET_CALLBACK, kind, which), -PV_EINVAL)
                << kind << " " << which;
    }
    for (const uint64_t kind : {uint64_t{PV_CALLBACKS}, beyond_32, UINT64_MAX})
        EXPECT_EQ(guest.call(PV_CALL_SET_CALLBACK, kind, 0), -PV_EINVAL);
    ASSERT_EQ(guest.vehicle.callbacks.size(), 3U);
    const auto &[vcpu, callback] = guest.vehicle.callbacks[2];
    EXPECT_EQ(vcpu, VcpuId{0});
    EXPECT_EQ(callback.kind, static_cast<uint32_t>(PV_CALLBACK_DIRECT));
    EXPECT_EQ(callback.which, PV_DIRECT_EVENTS - 1);
    EXPECT_EQ(callback.address.value, 0x1234U);
    EXPECT_EQ(callback.stack.value, 0x5678U);
}

TEST(Callbacks, AreTheVehiclesToRefuse)
{
    Guest guest;
    guest.vehicle.callback_result = -PV_ENOSYS;
    EXPECT_EQ(guest.call(PV_CALL_SET_CALLBACK, PV_CALLBACK_UPCALL), -PV_ENOSYS);
}

} // namespace
} // namespace paravane::hypercall_test
