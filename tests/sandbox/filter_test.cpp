// SPDX-License-Identifier: Apache-2.0
//
// Rules of filters.
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "hypercall/sandbox/sandbox.hpp"
#include "tests/sandbox/in_child.hpp"

namespace paravane::sandbox::test {
namespace {

constexpr int could_not = 42;
constexpr uint64_t high = uint64_t{1} << 32;

// close() of descriptors that are none, under a rule for its argument.
int close_under(const ArgumentRule &rule, uint64_t argument)
{
    return in_child([&] {
        const std::array calls = {allow(SYS_close, {rule}), allow(SYS_exit_group)};
        if (!allow_only(calls))
            return could_not;
        return syscall(SYS_close, argument) == -1 ? 0 : 1;
    });
}

TEST(Filter, EqualComparesTheWholeRegister)
{
    EXPECT_TRUE(ended_with(close_under(equal(0, 1000), 1000), 0));
    EXPECT_TRUE(was_killed(close_under(equal(0, 1000), 1001)));
    EXPECT_TRUE(was_killed(close_under(equal(0, 1000), 1000 + high)));
}

TEST(Filter, EqualIntComparesItsLowerHalf)
{
    EXPECT_TRUE(ended_with(close_under(equal_int(0, 1000), 1000 + high), 0));
    EXPECT_TRUE(ended_with(close_under(equal_int(0, -1), 0xffffffff), 0));
    EXPECT_TRUE(ended_with(close_under(equal_int(0, -1), ~uint64_t{0}), 0));
    EXPECT_TRUE(was_killed(close_under(equal_int(0, 1000), 1001)));
}

TEST(Filter, MaskedComparesUnderItsMask)
{
    EXPECT_TRUE(ended_with(close_under(masked(0, 0xf00, 0x300), 0x3ff), 0));
    EXPECT_TRUE(was_killed(close_under(masked(0, 0xf00, 0x300), 0x4ff)));
    EXPECT_TRUE(was_killed(close_under(masked(0, high, 0), 0x300 + high)));
}

TEST(Filter, AllRulesOfACallHoldAndAnyCallOfItsNumber)
{
    const auto under = [](int signal_number, uint64_t thread) {
        return in_child([&] {
            // tgkill() of processes that are none.
            const std::array calls = {
                allow(SYS_tgkill, {equal_int(0, -1), equal(1, 7), equal_int(2, SIGUSR1)}),
                allow(SYS_tgkill, {equal(1, 8)}),
                allow(SYS_exit_group),
            };
            if (!allow_only(calls))
                return could_not;
            return syscall(SYS_tgkill, -1, thread, signal_number) == -1 ? 0 : 1;
        });
    };
    EXPECT_TRUE(ended_with(under(SIGUSR1, 7), 0));
    EXPECT_TRUE(ended_with(under(SIGUSR2, 8), 0));
    EXPECT_TRUE(was_killed(under(SIGUSR2, 7)));
    EXPECT_TRUE(was_killed(under(SIGUSR1, 9)));
}

TEST(Filter, RefusalsReturnTheirError)
{
    const int status = in_child([] {
        const std::array calls = {refuse(SYS_getppid, EXDEV), allow(SYS_exit_group)};
        if (!allow_only(calls))
            return could_not;
        return syscall(SYS_getppid) == -1 && errno == EXDEV ? 0 : 1;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

TEST(Filter, OfManyCallsTheLastCounts)
{
    const int status = in_child([] {
        std::array<AllowedCall, 300> calls;
        for (std::size_t i = 0; i < calls.size(); i++)
            calls.at(i) = allow(static_cast<int>(i));
        if (!allow_only(calls))
            return could_not;
        (void)syscall(SYS_getpid);
        return 0;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

TEST(Filter, EndsTheWholeProcess)
{
    const int status = in_child([] {
        const std::array calls = {allow(SYS_futex), allow(SYS_exit_group)};
        std::thread([&] {
            (void)allow_only(calls);
            (void)syscall(SYS_getppid);
        }).detach();
        for (;;)
            std::this_thread::yield();
        return 0;
    });
    EXPECT_TRUE(was_killed(status));
}

TEST(Filter, AnImpossibleRuleIsAProblem)
{
    const int status = in_child([] {
        const std::array calls = {allow(SYS_close, {equal(9, 1)})};
        return allow_only(calls) ? 1 : 0;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

} // namespace
} // namespace paravane::sandbox::test
