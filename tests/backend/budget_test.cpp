// SPDX-License-Identifier: Apache-2.0
//
// What a shared budget lets through, by a clock that is the test's own: how much, when, and to whom.
#include "budget.hpp"

#include <array>
#include <string>
#include <thread>

#include <sys/mman.h>
#include <unistd.h>

namespace paravane::backend_test {
namespace {

constexpr std::array<uint64_t, 6> sizes = {512, 4096, 4608, 65536, 1U << 19, 1U << 20};

// ---- one alone ----

TEST(BudgetTest, IsExactAtAnySize)
{
    for (const uint64_t size : sizes) {
        for (const uint64_t rate : {100000ULL, 1ULL << 20, 123456789ULL, 10ULL << 30}) {
            for (const uint64_t burst : {10 * millisecond, 100 * millisecond, second}) {
                // No more steps than there is patience for.
                const uint64_t time =
                    std::min(20 * second, size * 100000 * millisecond / rate * 1000);
                if (time < 4 * burst)
                    continue;
                const SharedBudget budget = budget_of({0, rate, burst});
                // Late by less than the burst makes up for.
                Greedy one(budget, size, burst / 20);
                run({&one}, start + 2 * burst);
                const uint64_t from = one.at;
                one.taken = 0;
                run({&one}, from + time);
                SCOPED_TRACE(std::to_string(size) + " of " + std::to_string(rate) + ", burst " +
                             std::to_string(burst));
                expect_near(one.taken * size,
                            static_cast<double>(rate) * static_cast<double>(one.at - from) /
                                static_cast<double>(second),
                            size);
            }
        }
    }
}

TEST(BudgetTest, CountsOperations)
{
    for (const uint64_t rate : {1ULL, 3ULL, 1000ULL, 7777ULL, 1000000ULL}) {
        const SharedBudget budget = budget_of({rate, 0, 0});
        const uint64_t seconds = rate < 10000 ? 10 : 1;
        Greedy one(budget, longest);
        run({&one}, start + seconds * second);
        expect_near(one.taken, static_cast<double>(rate * seconds), 1);
    }
}

TEST(BudgetTest, KeepsBothRates)
{
    for (const uint64_t size : sizes) {
        const SharedBudget budget = budget_of({1000, uint64_t{32} << 20, millisecond});
        Greedy one(budget, size);
        run({&one}, start + 10 * second);
        expect_near(one.taken, std::min(10000.0, 335544320.0 / static_cast<double>(size)), 1);
    }
}

TEST(BudgetTest, LosesNothingInDivisions)
{
    const SharedBudget budget = budget_of({700000000, 0, second});
    BudgetShare share(budget, longest);
    // Each is one ns and three sevenths.
    for (int i = 0; i < 700000; i++)
        ASSERT_LE(share.take(1, start), start);
    EXPECT_EQ(budget.use().operations_until, start + millisecond);
}

TEST(BudgetTest, LetsABurstThroughAtOnce)
{
    const SharedBudget budget = budget_of({0, 1000000, 100 * millisecond});
    Greedy one(budget, 1000);
    one.act();
    // A tenth of a second's, and the one that goes over it.
    EXPECT_EQ(one.taken, 101U);
    // What was not used is there again, and no more than that. One that waited has its own.
    one.at = start + 5 * second;
    one.act();
    EXPECT_EQ(one.taken, 101U + 1 + 101);
}

TEST(BudgetTest, NoBurstIsOneAtATime)
{
    const SharedBudget budget = budget_of({1000, 0, 0});
    BudgetShare share(budget, longest);
    EXPECT_EQ(share.take(1, start), start);
    EXPECT_EQ(share.take(1, start), start + millisecond);
    EXPECT_EQ(share.take(1, start + millisecond), start + 2 * millisecond);
}

TEST(BudgetTest, LongerThanABurstIsOwed)
{
    const SharedBudget budget = budget_of({0, longest, millisecond});
    BudgetShare share(budget, longest);
    EXPECT_LE(share.take(longest, start), start);
    EXPECT_EQ(share.take(512, start), start + second - millisecond);
}

TEST(BudgetTest, NoRateIsNoLimit)
{
    const SharedBudget budget = budget_of({});
    BudgetShare share(budget, longest);
    EXPECT_FALSE(share.limits());
    for (int i = 0; i < 1000; i++)
        EXPECT_EQ(share.take(UINT64_MAX, start), 0U);
    EXPECT_EQ(budget.use().bytes_until, 0U) << "and nothing is owed";
}

TEST(BudgetTest, DoesNotOverflow)
{
    const SharedBudget budget = budget_of({1, 1, 0});
    BudgetShare share(budget, longest);
    // The longest request at the lowest rate: twelve days.
    EXPECT_EQ(share.take(UINT64_MAX, start), start);
    EXPECT_EQ(share.take(1, start), start + (second << 20));
}

// ---- rates that change ----

TEST(BudgetTest, AFasterRateHoldsAtOnce)
{
    for (const uint64_t size : sizes) {
        SharedBudget budget = budget_of({0, 1024, millisecond});
        Greedy one(budget, size);
        one.act();
        const uint64_t changed = start + millisecond;
        budget.limit({0, 1 << 30, millisecond}, changed);
        one.at = changed;
        one.taken = 0;
        run({&one}, changed + second / 8);
        expect_near(one.taken * size, 1 << 27, 2 * size);
    }
}

TEST(BudgetTest, ASlowerRateHoldsAtOnce)
{
    for (const uint64_t size : sizes) {
        SharedBudget budget = budget_of({0, 1 << 30, 10 * millisecond});
        Greedy one(budget, size);
        const uint64_t changed = start + second / 8;
        run({&one}, changed);
        budget.limit({0, 1 << 22, 10 * millisecond}, changed);
        one.at = changed;
        one.taken = 0;
        run({&one}, changed + 10 * second);
        expect_near(one.taken * size, 10 * (1 << 22), 2 * size);
    }
}

TEST(BudgetTest, ALimitThatIsLiftedIsLiftedForWhoWaits)
{
    SharedBudget budget = budget_of({1, 0, 0});
    BudgetShare share(budget, longest);
    EXPECT_EQ(share.take(1, start), start);
    EXPECT_EQ(share.take(1, start), start + second);
    EXPECT_FALSE(share.look());
    budget.limit({}, start + 5);
    EXPECT_TRUE(share.look());
    EXPECT_FALSE(share.limits());
    EXPECT_FALSE(share.look());
}

// Or whoever reads its file again and again would have no limit.
TEST(BudgetTest, TheSameRatesAreNoChange)
{
    SharedBudget budget = budget_of({1, 1, 0});
    BudgetShare share(budget, longest);
    EXPECT_EQ(share.take(1000, start), start);
    budget.limit({1, 1, 0}, start + 5);
    EXPECT_FALSE(share.look());
    EXPECT_EQ(share.take(1, start), start + 1000 * second);
}

TEST(BudgetTest, EachChangeIsSeen)
{
    SharedBudget budget = budget_of({1, 0, 0});
    BudgetShare share(budget, longest);
    for (uint64_t rate = 2; rate < 10; rate++) {
        budget.limit({rate, 0, 0}, start);
        EXPECT_TRUE(share.look()) << "though no time has passed";
    }
}

TEST(BudgetTest, WhatOfABurstWasUsedStaysUsed)
{
    SharedBudget budget = budget_of({1000, 0, 100 * millisecond});
    Greedy one(budget, 512);
    one.act();
    budget.limit({2000, 0, 100 * millisecond}, start);
    one.at = start;
    one.taken = 0;
    one.act();
    EXPECT_EQ(one.taken, 1U);
}

// ---- sharers ----

TEST(BudgetTest, SharersKeepItTogether)
{
    for (const uint64_t size : sizes) {
        const uint64_t rate = uint64_t{100} << 20;
        const SharedBudget budget = budget_of({0, rate, 10 * millisecond}, 3);
        std::array<Greedy, 3> all = {Greedy(budget, size), Greedy(budget, 4096, 60000),
                                     Greedy(budget, longest, 30000)};
        run({&all[0], &all[1], &all[2]}, start + 10 * second);
        uint64_t bytes = 0;
        for (const Greedy &one : all)
            bytes += one.taken * one.bytes;
        expect_near(bytes, 10.0 * static_cast<double>(rate), 3 * longest);
    }
}

// Who is quick gains nothing by it.
TEST(BudgetTest, SharersTakeTurns)
{
    const SharedBudget budget = budget_of({10000, 0, 10 * millisecond}, 2);
    Greedy quick(budget, 512);
    Greedy slow(budget, 512, 60000);
    slow.at = start + 1;
    run({&quick, &slow}, start + 10 * second);
    expect_near(quick.taken + slow.taken, 100000, 200);
    EXPECT_NEAR(static_cast<double>(quick.taken), static_cast<double>(slow.taken), 2500);
}

TEST(BudgetTest, WhoIsAloneHasItAll)
{
    const SharedBudget budget = budget_of({10000, 0, 10 * millisecond}, 2);
    Greedy one(budget, 512);
    Greedy other(budget, 512);
    run({&one, &other}, start + second);
    one.taken = 0;
    run({&one}, start + 2 * second);
    expect_near(one.taken, 10000, 200);
}

// All that were taken are there, whoever took them.
TEST(BudgetTest, SharersLoseNothingOfEachOthers)
{
    constexpr uint64_t times = 1000000;
    const SharedBudget budget = budget_of({second, 0, 10 * second}, 2);
    const auto take_all = [&] {
        BudgetShare share(budget, longest);
        for (uint64_t i = 0; i < times; i++)
            (void)share.take(512, start);
    };
    std::thread other(take_all);
    take_all();
    other.join();
    EXPECT_EQ(budget.use().operations_until, start + 2 * times);
}

// ---- what others may write there ----

TEST(BudgetTest, NobodyMakesOthersWaitForEver)
{
    const SharedBudget budget = budget_of({0, longest, 100 * millisecond}, 4);
    BudgetShare share(budget, longest);
    for (const uint64_t value :
         {UINT64_MAX, UINT64_MAX - start, UINT64_MAX / 2, start + (1000 * second)}) {
        budget.use().bytes_until = value;
        // As if each of four had taken the longest one.
        EXPECT_NEAR(static_cast<double>(share.take(512, start) - start), 4e9, 1000);
        EXPECT_LE(budget.use().bytes_until, start + 5 * second) << "and it is as it was to be";
    }
    budget.use().bytes_until = 0;
    EXPECT_LE(share.take(512, start), start);
}

// Those are the supervisor's alone.
TEST(BudgetTest, NobodyElseWritesTheRates)
{
    SharedBudget budget = budget_of({5, 6, 7}, 2);
    const auto [rates, use] = budget.fds();
    EXPECT_EQ(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, rates, 0), MAP_FAILED);
    EXPECT_LT(pwrite(rates, "x", 1, 0), 0);
    const SharedBudget adopted =
        SharedBudget::adopt(UniqueFd(dup(rates)), UniqueFd(dup(use))).value();
    EXPECT_EQ(adopted.rates().operations, 5U);
    EXPECT_EQ(adopted.rates().sharers, 2U);
    void *const made = const_cast<BudgetRates *>(&adopted.rates());
    EXPECT_LT(mprotect(made, 4096, PROT_READ | PROT_WRITE), 0);
    // And the supervisor goes on writing them.
    budget.limit({8, 9, 10}, start);
    EXPECT_EQ(adopted.rates().operations, 8U);
    EXPECT_EQ(adopted.rates().bytes, 9U);
    EXPECT_EQ(adopted.rates().burst_ns, 10U);
}

TEST(BudgetTest, AdoptsNothingElse)
{
    const SharedBudget budget = budget_of({});
    const auto adopt = [](int rates, int use) {
        return SharedBudget::adopt(UniqueFd(dup(rates)), UniqueFd(dup(use))).has_value();
    };
    const UniqueFd unsealed(memfd_create("test", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(unsealed.get(), 4096), 0);
    const auto [rates, use] = budget.fds();
    EXPECT_TRUE(adopt(rates, use));
    EXPECT_FALSE(adopt(rates, rates)) << "which cannot be written";
    EXPECT_FALSE(adopt(unsealed.get(), use));
    EXPECT_FALSE(adopt(rates, unsealed.get()));
}

TEST(BudgetTest, AdoptsWholeBudgetsAlone)
{
    const SharedBudget one = budget_of({1, 0, 0});
    const SharedBudget other = budget_of({2, 0, 0});
    std::vector<UniqueFd> fds;
    for (const SharedBudget *budget : {&one, &other})
        for (const int fd : budget->fds())
            fds.emplace_back(dup(fd));
    fds.emplace_back(dup(other.fds().front()));
    EXPECT_FALSE(adopt_budgets(fds).has_value()) << "half of one";
    const Result<std::vector<SharedBudget>> adopted = adopt_budgets(std::span(fds).first(4));
    ASSERT_TRUE(adopted.has_value()) << adopted.error().text;
    ASSERT_EQ(adopted->size(), 2U);
    EXPECT_EQ(adopted->front().rates().operations, 1U);
    EXPECT_EQ(adopted->back().rates().operations, 2U);
    EXPECT_TRUE(adopt_budgets({}).value().empty());
    EXPECT_EQ(shares_of(*adopted, longest).size(), 2U);
}

TEST(BudgetTest, IsOfSoManySharers)
{
    EXPECT_FALSE(SharedBudget::create(0).has_value());
    EXPECT_TRUE(SharedBudget::create(SharedBudget::sharers_max).has_value());
    EXPECT_FALSE(SharedBudget::create(SharedBudget::sharers_max + 1).has_value());
}

} // namespace
} // namespace paravane::backend_test
