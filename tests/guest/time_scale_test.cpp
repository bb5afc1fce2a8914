// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "frontend-drivers/keel/clock.hpp"

namespace keel::clock {
namespace {

TEST(TimeScale, OneTickANanosecond)
{
    const Scale scale = {1000, 5000, uint32_t{1} << 31, 1};

    EXPECT_EQ(scale.nanoseconds(1000), 5000U);
    EXPECT_EQ(scale.nanoseconds(1001), 5001U);
    EXPECT_EQ(scale.nanoseconds(1000 + (uint64_t{1} << 60)), 5000 + (uint64_t{1} << 60));
}

TEST(TimeScale, ShiftsRightWhereTheShiftIsNegative)
{
    const Scale scale = {0, 0, uint32_t{1} << 31, -1};

    EXPECT_EQ(scale.nanoseconds(0), 0U);
    EXPECT_EQ(scale.nanoseconds(4000), 1000U);
}

// 2.5 GHz for a hundred years: 0.4 ns a tick, and a product that 64 bits do not hold.
TEST(TimeScale, DoesNotOverflow)
{
    const Scale scale = {0, 0, 1717986918, 0};
    const uint64_t century = uint64_t{100} * 365 * 24 * 3600;

    EXPECT_NEAR(static_cast<double>(scale.nanoseconds(century * 2'500'000'000)),
                static_cast<double>(century) * 1e9, static_cast<double>(century));
}

TEST(TimeScale, DoesNotGoBelowItsBase)
{
    const Scale scale = {1000, 5000, UINT32_MAX, 0};

    EXPECT_EQ(scale.nanoseconds(999), 5000U);
    EXPECT_EQ(scale.nanoseconds(0), 5000U);
}

TEST(TimeScale, IsMonotone)
{
    const Scale scale = {77, 1, 0xcccccccd, -2};
    uint64_t before = 0;

    for (uint64_t counter = 70; counter < 10000; counter++) {
        EXPECT_GE(scale.nanoseconds(counter), before);
        before = scale.nanoseconds(counter);
    }
}

} // namespace
} // namespace keel::clock
