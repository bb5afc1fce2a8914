// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/timers.hpp"

namespace keel {
namespace {

// A timer whose function is what a test wants.
class TestTimer : public Timer {
  public:
    explicit TestTimer(std::function<void()> what)
        : Timer([](void *self) { static_cast<TestTimer *>(self)->what_(); }, this),
          what_(std::move(what))
    {
    }

  private:
    std::function<void()> what_;
};

TEST(Timers, AreDueInTheirOrder)
{
    TimerSet set;
    std::string seen;
    TestTimer a([&] { seen += 'a'; });
    TestTimer b([&] { seen += 'b'; });
    TestTimer c([&] { seen += 'c'; });

    EXPECT_EQ(set.next_deadline(), 0U);
    set.arm(b, 20);
    set.arm(c, 30);
    set.arm(a, 10);
    EXPECT_EQ(set.next_deadline(), 10U);
    EXPECT_EQ(set.run_due(9), 0U);
    EXPECT_EQ(set.run_due(10), 1U);
    EXPECT_EQ(seen, "a");
    EXPECT_FALSE(a.armed());
    EXPECT_TRUE(b.armed());
    EXPECT_EQ(set.next_deadline(), 20U);
    EXPECT_EQ(set.run_due(UINT64_MAX), 2U);
    EXPECT_EQ(seen, "abc");
    EXPECT_EQ(set.next_deadline(), 0U);
}

TEST(Timers, EqualDeadlinesKeepTheOrderOfArming)
{
    TimerSet set;
    std::string seen;
    TestTimer a([&] { seen += 'a'; });
    TestTimer b([&] { seen += 'b'; });
    TestTimer c([&] { seen += 'c'; });

    set.arm(c, 5);
    set.arm(a, 5);
    set.arm(b, 5);
    EXPECT_EQ(set.run_due(5), 3U);
    EXPECT_EQ(seen, "cab");
}

TEST(Timers, MoveWhenArmedAgain)
{
    TimerSet set;
    std::string seen;
    TestTimer a([&] { seen += 'a'; });
    TestTimer b([&] { seen += 'b'; });

    set.arm(a, 10);
    set.arm(b, 20);
    set.arm(a, 30);
    EXPECT_EQ(set.next_deadline(), 20U);
    set.arm(a, 1);
    EXPECT_EQ(set.next_deadline(), 1U);
    EXPECT_EQ(set.run_due(100), 2U);
    EXPECT_EQ(seen, "ab");
}

TEST(Timers, DisarmedAreNotDue)
{
    TimerSet set;
    int count = 0;
    TestTimer a([&] { count++; });
    TestTimer b([&] { count++; });

    a.disarm();
    set.arm(a, 1);
    set.arm(b, 2);
    a.disarm();
    a.disarm();
    EXPECT_EQ(set.next_deadline(), 2U);
    EXPECT_EQ(set.run_due(5), 1U);
    EXPECT_EQ(count, 1);
}

TEST(Timers, DisarmThemselvesAtTheirEnd)
{
    TimerSet set;

    {
        TestTimer a([] { FAIL(); });
        set.arm(a, 1);
    }
    EXPECT_EQ(set.next_deadline(), 0U);
    EXPECT_EQ(set.run_due(5), 0U);
}

TEST(Timers, ArmedInItsOwnFunctionWaitsForTheNextRun)
{
    TimerSet set;
    int count = 0;
    TestTimer a([&] {
        count++;
        set.arm(a, 1);
    });

    set.arm(a, 1);
    EXPECT_EQ(set.run_due(5), 1U);
    EXPECT_EQ(count, 1);
    EXPECT_TRUE(a.armed());
    EXPECT_EQ(set.run_due(5), 1U);
    EXPECT_EQ(count, 2);
}

TEST(Timers, OneMayDisarmAnotherThatIsDueToo)
{
    TimerSet set;
    std::string seen;
    TestTimer b([&] { seen += 'b'; });
    TestTimer a([&] {
        seen += 'a';
        b.disarm();
    });

    set.arm(a, 1);
    set.arm(b, 2);
    EXPECT_EQ(set.run_due(5), 1U);
    EXPECT_EQ(seen, "a");
}

TEST(Timers, OneMayPutOffAnotherThatIsDueToo)
{
    TimerSet set;
    std::string seen;
    TestTimer b([&] { seen += 'b'; });
    TestTimer a([&] {
        seen += 'a';
        set.arm(b, 50);
    });

    set.arm(a, 1);
    set.arm(b, 2);
    EXPECT_EQ(set.run_due(5), 1U);
    EXPECT_EQ(set.next_deadline(), 50U);
    EXPECT_EQ(set.run_due(50), 1U);
    EXPECT_EQ(seen, "ab");
}

} // namespace
} // namespace keel
