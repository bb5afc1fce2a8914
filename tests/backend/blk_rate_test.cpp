// SPDX-License-Identifier: Apache-2.0
//
// Budgets and patience, by a clock that is the test's own.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "backend/engine/budget.hpp"
#include "backend/engine/patience.hpp"

namespace paravane {
namespace {

constexpr uint64_t second = Budget::second;
constexpr uint64_t millisecond = second / 1000;

// Some time after its machine was started.
constexpr uint64_t start = 7 * second + 123;

// Takes as much as it may until `until`, and is always `late` when it comes back. The amount.
uint64_t greedy(Budget &budget, uint64_t amount, uint64_t rate, uint64_t burst, uint64_t &now,
                uint64_t until, uint64_t late)
{
    uint64_t taken = 0;

    while (now < until) {
        const uint64_t wait = budget.take(amount, rate, burst, now);
        if (wait == 0)
            taken += amount;
        else
            now += wait + late;
    }
    return taken;
}

void expect_near(uint64_t got, double wanted, uint64_t grain)
{
    EXPECT_GE(static_cast<double>(got) + static_cast<double>(grain), 0.95 * wanted);
    EXPECT_LE(static_cast<double>(got) - static_cast<double>(grain), 1.05 * wanted);
}

TEST(BudgetTest, IsExactAtAnySize)
{
    for (const uint64_t amount : {512ULL, 4096ULL, 4608ULL, 65536ULL, 1ULL << 20}) {
        for (const uint64_t rate : {100000ULL, 1ULL << 20, 123456789ULL, 10ULL << 30}) {
            for (const uint64_t burst : {10 * millisecond, 100 * millisecond, second}) {
                // No more steps than there is patience for.
                const uint64_t time =
                    std::min(20 * second, amount * 200000 * millisecond / rate * 1000);
                if (time < 4 * burst)
                    continue;
                Budget budget;
                uint64_t now = start;
                // Late by less than the burst makes up for.
                const uint64_t late = burst / 20;
                (void)greedy(budget, amount, rate, burst, now, start + 2 * burst, late);
                const uint64_t from = now;
                const uint64_t taken = greedy(budget, amount, rate, burst, now, from + time, late);
                SCOPED_TRACE(std::to_string(amount) + " of " + std::to_string(rate) + ", burst " +
                             std::to_string(burst));
                expect_near(taken,
                            static_cast<double>(rate) * static_cast<double>(now - from) /
                                static_cast<double>(second),
                            amount);
            }
        }
    }
}

TEST(BudgetTest, CountsOperations)
{
    for (const uint64_t rate : {1ULL, 3ULL, 1000ULL, 7777ULL, 1000000ULL}) {
        Budget budget;
        uint64_t now = start;
        const uint64_t taken = greedy(budget, 1, rate, 0, now, start + 10 * second, 0);
        expect_near(taken, static_cast<double>(rate) * 10, 1);
    }
}

TEST(BudgetTest, LosesNothingInDivisions)
{
    Budget budget;
    // Each is one ns and three sevenths.
    for (int i = 0; i < 700000; i++)
        ASSERT_EQ(budget.take(1, 700000000, second, start), 0U);
    EXPECT_EQ(budget.take(1, 700000000, 0, start), millisecond);
}

TEST(BudgetTest, LetsABurstThroughAtOnce)
{
    Budget budget;
    uint64_t now = start;
    uint64_t at_once = 0;
    while (budget.take(1000, 1000000, 100 * millisecond, now) == 0)
        at_once += 1000;
    // A tenth of a second's, and the one that goes over it.
    EXPECT_EQ(at_once, 101000U);
    // What was not used is there again, and no more than that.
    now += 5 * second;
    uint64_t again = 0;
    while (budget.take(1000, 1000000, 100 * millisecond, now) == 0)
        again += 1000;
    EXPECT_EQ(again, at_once);
}

TEST(BudgetTest, NoBurstIsOneAtATime)
{
    Budget budget;
    EXPECT_EQ(budget.take(1, 1000, 0, start), 0U);
    const uint64_t wait = budget.take(1, 1000, 0, start);
    EXPECT_EQ(wait, millisecond);
    EXPECT_EQ(budget.take(1, 1000, 0, start + wait - 1), 1U);
    EXPECT_EQ(budget.take(1, 1000, 0, start + wait), 0U);
}

TEST(BudgetTest, NoRateIsNoLimit)
{
    Budget budget;
    for (int i = 0; i < 1000; i++)
        EXPECT_EQ(budget.take(UINT64_MAX, 0, 0, start), 0U);
    EXPECT_EQ(budget.take(1, 1, 0, start), 0U) << "and nothing is owed";
}

TEST(BudgetTest, TakesBackWhatWasNotUsed)
{
    Budget budget;
    uint64_t now = start;
    uint64_t taken = 0;
    // All but every tenth are given back, whatever the rate divides into.
    for (uint64_t i = 0; now < start + 10 * second; i++) {
        const uint64_t wait = budget.take(1, 30000, millisecond, now);
        if (wait > 0)
            now += wait;
        else if (i % 10 != 0)
            budget.give_back(1, 30000);
        else
            taken++;
    }
    expect_near(taken, 300000, 1);
    budget.give_back(1, 0);
}

// What is owed at an old rate is paid at the new one.
TEST(BudgetTest, AFasterRateHoldsAtOnce)
{
    Budget budget;
    EXPECT_EQ(budget.take(1 << 20, 1024, millisecond, start), 0U);
    uint64_t now = start + millisecond;
    const uint64_t taken = greedy(budget, 4096, 1 << 30, millisecond, now, start + second, 0);
    expect_near(taken, 1 << 30, 1 << 21);
}

TEST(BudgetTest, ASlowerRateHoldsAtOnce)
{
    Budget budget;
    uint64_t now = start;
    (void)greedy(budget, 4096, 1 << 30, 10 * millisecond, now, start + second, 0);
    const uint64_t from = now;
    const uint64_t taken = greedy(budget, 4096, 1 << 20, 10 * millisecond, now, from + second, 0);
    EXPECT_LE(taken, (1U << 20) * 105 / 100 + 10486 + 4096);
}

TEST(BudgetTest, DoesNotOverflow)
{
    Budget budget;
    // The longest request at the lowest rate: twelve days.
    EXPECT_EQ(budget.take(1 << 20, 1, 0, start), 0U);
    EXPECT_EQ(budget.take(1, 1, 0, start), second << 20);
}

// ---- patience ----

constexpr uint64_t most = 200000;

TEST(PatienceTest, WithoutACoreToSpareThereIsNone)
{
    Patience patience(0);
    patience.worked(start);
    EXPECT_FALSE(patience.lasts(start, false));
    EXPECT_FALSE(patience.lasts(start, true));
    patience.slept(start + 10);
    patience.worked(start + 10);
    EXPECT_FALSE(patience.lasts(start + 10, false));
}

TEST(PatienceTest, EndsAfterAWhileWithoutWork)
{
    Patience patience(most);
    patience.worked(start);
    EXPECT_TRUE(patience.lasts(start, false));
    EXPECT_FALSE(patience.lasts(start + most, false));
    patience.worked(start + most);
    EXPECT_TRUE(patience.lasts(start + most, false)) << "work renews it";
}

TEST(PatienceTest, GrowsWithShortSleeps)
{
    Patience patience(most);
    const uint64_t before = patience.window();
    patience.worked(start);
    patience.slept(start + 40000);
    EXPECT_GT(patience.window(), before);
    for (uint64_t i = 1; i <= 10; i++)
        patience.slept(start + 40000 + i * 1000);
    EXPECT_LE(patience.window(), most);
}

// Who had long to wait the last time does not look at all, so what is idle costs nothing.
TEST(PatienceTest, EndsWithALongSleep)
{
    Patience patience(most);
    patience.worked(start);
    patience.slept(start + second);
    EXPECT_EQ(patience.window(), 0U);
    patience.worked(start + second);
    EXPECT_FALSE(patience.lasts(start + second, false));
    patience.slept(start + second + 10000);
    EXPECT_GT(patience.window(), 0U) << "it comes back";
}

// The end of I/O comes, and soon unless the disk is slow.
TEST(PatienceTest, IsGreaterForWhatIsBoundToCome)
{
    Patience patience(most);
    patience.worked(start);
    patience.slept(start + second);
    patience.worked(start + second);
    EXPECT_FALSE(patience.lasts(start + second, false));
    EXPECT_TRUE(patience.lasts(start + second + most, true));
    EXPECT_FALSE(patience.lasts(start + second + 10 * most, true)) << "but not without end";
}

} // namespace
} // namespace paravane
