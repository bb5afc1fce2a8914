// SPDX-License-Identifier: Apache-2.0
//
// A disk's request and the rates that it waits for, by a clock that is the test's own.
#include "backend/blk/throttle.hpp"

#include "budget.hpp"

namespace paravane::backend_test {
namespace {

using blk::Throttle;

struct ThrottleTest : testing::Test {
    void limit(const Rates &own_rates, const Rates &group_rates)
    {
        own.limit(own_rates, now);
        group.limit(group_rates, now);
        throttle.look();
    }
    bool lets(uint64_t at) { return throttle.lets(512, at); }

    uint64_t now = start;
    SharedBudget own = budget_of({});
    SharedBudget group = budget_of({}, 2);
    Throttle throttle = Throttle({{own, longest}, {group, longest}});
};

TEST_F(ThrottleTest, LimitsNothingByItself)
{
    EXPECT_FALSE(throttle.limits());
    EXPECT_EQ(throttle.again(), Throttle::never);
    EXPECT_TRUE(lets(now));
    EXPECT_FALSE(Throttle({}).limits());
}

TEST_F(ThrottleTest, AsksBoth)
{
    limit({1000, 0, 0}, {});
    EXPECT_TRUE(throttle.limits());
    limit({}, {1000, 0, 0});
    EXPECT_TRUE(throttle.limits());
    limit({}, {});
    EXPECT_FALSE(throttle.limits());
}

TEST_F(ThrottleTest, WaitsForItsTime)
{
    limit({1000, 0, 0}, {});
    EXPECT_TRUE(lets(now));
    EXPECT_EQ(throttle.again(), Throttle::never);
    EXPECT_FALSE(lets(now));
    EXPECT_EQ(throttle.again(), now + millisecond);
    EXPECT_FALSE(lets(now + 1)) << "and takes it once";
    EXPECT_EQ(throttle.again(), now + millisecond);
    EXPECT_FALSE(lets(now + millisecond - 1));
    EXPECT_TRUE(lets(now + millisecond));
    EXPECT_EQ(throttle.again(), Throttle::never);
    EXPECT_EQ(own.use().operations_until, now + 2 * millisecond);
}

TEST_F(ThrottleTest, TakesFromItsGroupWhatItsDiskLetsThrough)
{
    limit({10, 0, 0}, {1000, 0, 0});
    EXPECT_TRUE(lets(now));
    EXPECT_FALSE(lets(now));
    EXPECT_EQ(group.use().operations_until, now + millisecond) << "not before its time";
    EXPECT_TRUE(lets(now + 100 * millisecond));
    EXPECT_EQ(group.use().operations_until, now + 101 * millisecond);
}

TEST_F(ThrottleTest, WaitsForItsGroupAsWell)
{
    limit({1000, 0, 0}, {10, 0, 0});
    EXPECT_TRUE(lets(now));
    EXPECT_FALSE(lets(now));
    EXPECT_FALSE(lets(now + millisecond));
    EXPECT_FALSE(lets(now + 50 * millisecond));
    EXPECT_EQ(own.use().operations_until, now + 2 * millisecond) << "and takes from each once";
    EXPECT_EQ(throttle.again(), now + 100 * millisecond);
    EXPECT_TRUE(lets(now + 100 * millisecond));
    EXPECT_EQ(group.use().operations_until, now + 200 * millisecond);
}

TEST_F(ThrottleTest, LooksAgainWhileItWaits)
{
    limit({0, 1, 0}, {});
    EXPECT_TRUE(lets(now));
    EXPECT_FALSE(lets(now));
    EXPECT_EQ(throttle.again(), now + Throttle::longest_wait_ns);
    EXPECT_FALSE(lets(now + 5));
    EXPECT_EQ(throttle.again(), now + 5 + Throttle::longest_wait_ns);
}

TEST_F(ThrottleTest, AChangeIsForWhoWaits)
{
    for (const bool of_group : {false, true}) {
        limit({}, {});
        SharedBudget &changed = of_group ? group : own;
        changed.limit({0, 1, 0}, now);
        throttle.look();
        EXPECT_TRUE(lets(now));
        EXPECT_FALSE(lets(now));
        changed.limit({0, uint64_t{1} << 30, 0}, now);
        EXPECT_FALSE(lets(now + 1)) << "who has not looked does not know";
        throttle.look();
        EXPECT_TRUE(lets(now + 1));
    }
}

TEST_F(ThrottleTest, ALimitThatIsLiftedIsNotWaitedFor)
{
    limit({0, 1, 0}, {});
    EXPECT_TRUE(lets(now));
    EXPECT_FALSE(lets(now));
    limit({}, {});
    EXPECT_FALSE(throttle.limits());
    EXPECT_EQ(throttle.again(), Throttle::never);
    limit({0, 1, 0}, {});
    EXPECT_TRUE(lets(now)) << "the next one begins anew";
}

// One that waits for its disk's rate has nothing of its group's, so that one's change is no reason to begin anew.
TEST_F(ThrottleTest, AChangeOfItsGroupLeavesItsPlaceAtItsDisk)
{
    limit({1000, 0, 0}, {1000, 0, 0});
    EXPECT_TRUE(lets(now));
    EXPECT_FALSE(lets(now));
    group.limit({2000, 0, 0}, now);
    throttle.look();
    EXPECT_FALSE(lets(now));
    EXPECT_EQ(own.use().operations_until, now + 2 * millisecond);
}

} // namespace
} // namespace paravane::backend_test
