// SPDX-License-Identifier: Apache-2.0
//
// A disk's host half: what it offers, which claims it serves, and how it waits for what a dead process has
// begun.
#include "tests/supervisor/disk_fixture.hpp"

namespace paravane {

namespace {

class DiskLife : public DiskFixture {
  protected:
    void TearDown() override { device.reset(); }
};

TEST_F(DiskLife, ShowsItsGeometry)
{
    disk.settings.depth_max = 64;
    make_device();
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    EXPECT_EQ(of_backend("version"), "1");
    EXPECT_EQ(of_backend("features"), std::to_string(disk.file->features()));
    EXPECT_EQ(of_backend("sectors"), std::to_string(disk_bytes / 512));
    EXPECT_EQ(of_backend("sector-bytes"), "512");
    EXPECT_EQ(of_backend("block-bytes"), std::to_string(disk.file->geometry().block_bytes));
    EXPECT_EQ(of_backend("optimal-bytes"), "0");
    EXPECT_EQ(of_backend("discard-bytes"), std::to_string(disk.file->geometry().discard_bytes));
    EXPECT_EQ(of_backend("queues-max"), "4");
    EXPECT_EQ(of_backend("depth-max"), "64");
}

TEST_F(DiskLife, ServesAsManyQueuesAsAreClaimed)
{
    claim_disk(disk_behaviour::serves, 3);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    EXPECT_EQ(domain->bound, (std::vector<uint32_t>{3, 4, 5}));
    ASSERT_NE(blk->log(), nullptr);
    EXPECT_EQ(blk->log()->queues(), 3U);
    EXPECT_EQ(blk->log()->depth(), disk_behaviour::serves);
}

TEST_F(DiskLife, ServesAsManyQueuesAsThereCanBe)
{
    disk.settings.queues_max = PV_BLK_QUEUES_LIMIT;
    make_device();
    claim_disk(disk_behaviour::serves, PV_BLK_QUEUES_LIMIT);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED)) << of_backend("error");
    EXPECT_EQ(domain->bound.size(), PV_BLK_QUEUES_LIMIT);
}

TEST_F(DiskLife, TakesNoMoreQueuesThanItOffers)
{
    claim_disk(disk_behaviour::tells, 5);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_NE(of_backend("error").find(" 4 queues"), std::string::npos) << of_backend("error");
}

struct Misfit {
    const char *key;
    const char *value;
    const char *error;
};

class DiskMisfit : public DiskLife, public testing::WithParamInterface<Misfit> {};

TEST_P(DiskMisfit, IsRefusedInWords)
{
    claim_disk(disk_behaviour::leaves, 2);
    as_guest(GetParam().key, GetParam().value);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"), GetParam().error);
    EXPECT_EQ(blk->log(), nullptr);
}

constexpr const char *another = "the rings of a disk have the same number of slots";

INSTANTIATE_TEST_SUITE_P(
    Each, DiskMisfit,
    testing::Values(
        Misfit{"ring-3", "4 0 8", another}, Misfit{"ring-1", "2 0 32", another},
        Misfit{"ring-4", "5 0 16", "5 rings and 2 ports: a queue has two rings and one port"},
        Misfit{"port-2", "9", "4 rings and 3 ports: a queue has two rings and one port"},
        Misfit{"ring-0", "1 0 1", "rings of 1 slots: a power of two from 2 to 128 is needed"},
        Misfit{"ring-0", "1 0 0", "rings of 0 slots: a power of two from 2 to 128 is needed"},
        Misfit{"ring-0", "1 0 12", "rings of 12 slots: a power of two from 2 to 128 is needed"},
        Misfit{"ring-0", "1 0 256", "rings of 256 slots: a power of two from 2 to 128 is needed"}));

TEST_F(DiskLife, TellsItsProcessWhatTheDiskIs)
{
    disk.settings.serial = std::string(PV_BLK_SERIAL_BYTES - 1, 's');
    make_device();
    claim_disk(disk_behaviour::tells, 2);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"),
              "4 descriptors, medium 0, 128 sectors of 512, read only 0, serial " +
                  disk.settings.serial + ", 2 queues, ring of 64");
}

TEST_F(DiskLife, TellsItsProcessThatThereIsNoDisk)
{
    set_file(DiskFile::nowhere(uint64_t{1} << 40, DiskFile::Access::read));
    make_device();
    claim_disk(disk_behaviour::tells);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"),
              "3 descriptors, medium 2, 2147483648 sectors of 512, read only 1, serial , 1 queues, "
              "ring of 32");
}

TEST_F(DiskLife, GivesItsProcessTheBudgetOfItsGroup)
{
    disk.group = std::make_shared<SharedBudget>(*SharedBudget::create(2));
    disk.settings.serial = "s";
    make_device();
    claim_disk(disk_behaviour::tells);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error").substr(0, 24), "6 descriptors, medium 0,");
}

TEST_F(DiskLife, GrowsWhileItIsConnected)
{
    claim_disk(disk_behaviour::serves);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    EXPECT_FALSE(blk->look_again());
    const std::string path = directory.at("disk");
    ASSERT_EQ(truncate(path.c_str(), 2 * disk_bytes + 100), 0);
    EXPECT_TRUE(blk->look_again());
    device->publish_properties();
    EXPECT_EQ(of_backend("sectors"), std::to_string(2 * disk_bytes / 512));
    EXPECT_EQ(blk->log()->header().settings.sectors, 2 * disk_bytes / 512);
    // A guest may have written there, and is not told that it has never been.
    ASSERT_EQ(truncate(path.c_str(), disk_bytes), 0);
    EXPECT_FALSE(blk->look_again());
    EXPECT_EQ(disk.file->geometry().sectors, 2 * disk_bytes / 512);
}

// Its I/O outlives it.
TEST_F(DiskLife, TheNextProcessStartsAfterTheDrain)
{
    claim_disk(disk_behaviour::waits);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    turn();
    turn();
    EXPECT_EQ(domain->attached.size(), 1U);
    EXPECT_TRUE(domain->detached.empty());
    EXPECT_TRUE(told.empty());
    let_fifo_be_read();
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(domain->attached.size(), 2U);
    EXPECT_EQ(of_backend("error"), "taken, free, free, free");
    ASSERT_FALSE(told.empty());
    const std::string begin = "the backend of blk 0 died: Killed; 1 request took ";
    EXPECT_EQ(told[0].substr(0, begin.size()), begin);
    EXPECT_NE(told[0].find(" ms to drain; another takes over"), std::string::npos) << told[0];
    EXPECT_GE(std::stoul(told[0].substr(begin.size())), 100U);
}

TEST_F(DiskLife, ALongDrainIsToldOf)
{
    claim_disk(disk_behaviour::waits);
    ASSERT_TRUE(until([&] { return told.size() == 2; }));
    EXPECT_EQ(told[0], "blk 0 has waited 1 s for 1 request of its dead backend's");
    EXPECT_EQ(told[1], "blk 0 has waited 2 s for 1 request of its dead backend's");
    EXPECT_EQ(domain->attached.size(), 1U);
    let_fifo_be_read();
    EXPECT_TRUE(becomes(PV_DEVICE_CLOSED));
}

TEST_F(DiskLife, AnAbandonedDrainEnds)
{
    claim_disk(disk_behaviour::waits);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    turn();
    device->abandon();
    ASSERT_TRUE(run(device->close()));
    EXPECT_EQ(domain->attached.size(), 1U);
    let_fifo_be_read();
}

// What completed is answered, and what is nobody's is left alone.
TEST_F(DiskLife, WhatADeadProcessLeftIsSettled)
{
    claim_disk(disk_behaviour::leaves);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    turn();
    EXPECT_EQ(domain->attached.size(), 1U);
    let_fifo_be_read();
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"),
              "taken, done 0, taken, done 0, done -9, taken, taken, answered -7, taken");
}

TEST_F(DiskLife, ANewConnectionHasALogOfItsOwn)
{
    claim_disk(disk_behaviour::serves);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    blk->log()->entry(0, 1).state = blk::EntryState::done;
    as_guest("state", std::to_string(PV_DEVICE_CLOSING));
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    EXPECT_TRUE(told.empty());
    claim_disk(disk_behaviour::serves);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    EXPECT_EQ(blk->log()->entry(0, 1).state, blk::EntryState::free);
}

} // namespace

} // namespace paravane
