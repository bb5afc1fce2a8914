// SPDX-License-Identifier: Apache-2.0
//
// Patience, by a clock that is the test's own.
#include <gtest/gtest.h>

#include "backend/engine/patience.hpp"

namespace paravane {
namespace {

constexpr uint64_t second = 1000000000;
// Some time after its machine was started.
constexpr uint64_t start = 7 * second + 123;

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
