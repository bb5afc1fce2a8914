// SPDX-License-Identifier: Apache-2.0
//
// The sandbox of a process that is a guest.
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include "frontend-drivers/process/sandbox.hpp"
#include "tests/sandbox/attempts.hpp"
#include "tests/sandbox/in_child.hpp"

namespace paravane::sandbox::test {
namespace {

constexpr int could_not = 42;

// The wait status of a guest's process that does this.
template <typename Action> int confined(const Action &action)
{
    return in_child([&] {
        if (!process::leave_host() || !process::enter_sandbox())
            return could_not;
        action();
        return 0;
    });
}

class GuestSandboxAttempt : public testing::TestWithParam<Attempt> {};

TEST_P(GuestSandboxAttempt, IsDeadly)
{
    EXPECT_TRUE(was_killed(confined(GetParam().run)));
}

INSTANTIATE_TEST_SUITE_P(Any, GuestSandboxAttempt,
                         testing::ValuesIn(attempts().begin(), attempts().end()), name_of);
INSTANTIATE_TEST_SUITE_P(More, GuestSandboxAttempt,
                         testing::ValuesIn(attempts_of_guests().begin(),
                                           attempts_of_guests().end()),
                         name_of);

TEST(GuestSandbox, LetsItWaitAndWake)
{
    EXPECT_TRUE(ended_with(confined([] {
                               int word = 0;
                               syscall(SYS_futex, &word, FUTEX_WAIT, 1, nullptr, nullptr, 0);
                               syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
                           }),
                           0));
}

} // namespace
} // namespace paravane::sandbox::test
