// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "hypercall/domain/rate.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr uint64_t second = 1000000000;
constexpr uint64_t start = 1000 * second;

TEST(Rate, GivesABurstForNothing)
{
    Rate rate(1000, 100);
    EXPECT_EQ(rate.take(100, start), 0U);
    EXPECT_EQ(rate.take(1, start), second / 1000);
}

TEST(Rate, AsksForTheWaitThatMakesUpForIt)
{
    Rate rate(1000, 0);
    EXPECT_EQ(rate.take(500, start), second / 2);
    EXPECT_EQ(rate.take(500, start), second);
    // Whoever waits as told pays the price again and no more.
    EXPECT_EQ(rate.take(500, start + second), second / 2);
}

TEST(Rate, FillsUpToItsBurstAndNoFurther)
{
    Rate rate(1000, 100);
    EXPECT_EQ(rate.take(100, start), 0U);
    EXPECT_EQ(rate.take(50, start + second / 20), 0U);
    EXPECT_EQ(rate.take(1, start + second / 20), second / 1000);
    const uint64_t much_later = start + 1000 * second;
    EXPECT_EQ(rate.take(100, much_later), 0U);
    EXPECT_GT(rate.take(1, much_later), 0U);
}

TEST(Rate, IsKeptOverTime)
{
    Rate rate(1000000, 4096);
    uint64_t now = start;
    for (int i = 0; i < 1000; i++)
        now += rate.take(4096, now);
    // 1000 times 4096 less the burst, at 1 MB/s.
    EXPECT_NEAR(static_cast<double>(now - start), 999.0 * 4096 * 1000, 1e6);
}

TEST(Rate, HasItsBurstAlsoAtTheClocksBeginning)
{
    Rate rate(1000, 100);
    EXPECT_EQ(rate.take(100, 0), 0U);
}

} // namespace
} // namespace paravane::hypercall_test
