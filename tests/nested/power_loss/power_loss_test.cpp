// SPDX-License-Identifier: Apache-2.0
//
// A guest keeps a disk busy, whose backend dies now and then; and whenever the power fails, all is there that a
// flush or FUA was answered for. Backends that forget a flush, or FUA, are found out. It runs in a machine of its
// own, with a loop device and a device mapper: see power_loss.sh.
#include <gtest/gtest.h>

#include "hypercall/control/child.hpp"
#include "trial.hpp"

namespace paravane::nested {
namespace {

// Each of them is enough for something to be found.
void expect_enough(const Replay::Counts &counts)
{
    EXPECT_GT(counts.acknowledged_flushes, 99U);
    EXPECT_GT(counts.acknowledged_durable, 20U);
    EXPECT_GT(counts.writes, 500U);
}

class PowerLoss : public testing::Test {
  protected:
    void expect_nothing_lost(const Trial &trial)
    {
        const Replay::Counts counts = run_trial(trial);
        expect_enough(counts);
        EXPECT_EQ(counts.wrong, 0U);
    }
    void expect_loss(const Trial &trial)
    {
        const Replay::Counts counts = run_trial(trial);
        expect_enough(counts);
        EXPECT_GT(counts.wrong, 0U);
    }
};

TEST_F(PowerLoss, LosesNothing)
{
    expect_nothing_lost({"direct", program_beside("paravane-blk"), false, false, 1});
}

TEST_F(PowerLoss, LosesNothingWithTheHostsCache)
{
    expect_nothing_lost({"cached", program_beside("paravane-blk"), true, false, 2});
}

TEST_F(PowerLoss, LosesNothingWhenTheBackendDiesToo)
{
    expect_nothing_lost({"direct, dying", program_beside("paravane-blk"), false, true, 3});
}

TEST_F(PowerLoss, LosesNothingWithTheHostsCacheWhenTheBackendDiesToo)
{
    expect_nothing_lost({"cached, dying", program_beside("paravane-blk"), true, true, 4});
}

class PowerLossFinds : public PowerLoss {};

TEST_F(PowerLossFinds, ForgottenFlushes)
{
    expect_loss({"no flush, direct", program_beside("paravane-blk-unflushed"), false, false, 5});
    expect_loss({"no flush, cached", program_beside("paravane-blk-unflushed"), true, false, 6});
}

TEST_F(PowerLossFinds, FlushesAnsweredTooEarly)
{
    expect_loss({"hasty flush, direct", program_beside("paravane-blk-hasty"), false, false, 7});
    expect_loss({"hasty flush, cached", program_beside("paravane-blk-hasty"), true, false, 8});
}

TEST_F(PowerLossFinds, ForgottenFua)
{
    expect_loss({"no FUA, direct", program_beside("paravane-blk-undurable"), false, false, 9});
    expect_loss({"no FUA, cached", program_beside("paravane-blk-undurable"), true, false, 10});
}

} // namespace
} // namespace paravane::nested
