// SPDX-License-Identifier: Apache-2.0
//
// What a supervisor writes into the log of a dead process: each kind of completion, and of stranger. The
// completions are a real ring's, of a process that started them and did not live to reap.
#include <array>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <liburing.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/blk/log.hpp"
#include "backend/engine/data_ring.hpp"
#include "backend/engine/kept_ring.hpp"
#include "backend/supervisor/drain.hpp"

namespace paravane::blk {
namespace {

constexpr uint32_t queues = 2;
constexpr uint32_t depth = 8;

class BlkDrain : public testing::Test {
  protected:
    BlkDrain() { EXPECT_EQ(ftruncate(file_.get(), 65536), 0); }

    // In a process that then dies.
    void in_process(const std::function<void(DataRing &)> &start) const
    {
        const pid_t child = fork();
        if (child == 0) {
            auto ring = DataRing::adopt(UniqueFd(dup(kept_.descriptor())), kept_.params(),
                                        file_.get(), {}, false);
            if (!ring)
                _exit(1);
            start(**ring);
            const bool submitted = (*ring)->submit().has_value();
            // A death in the middle of it is another test's.
            while (submitted && !kept_.drained())
                usleep(100);
            _exit(submitted ? 0 : 1);
        }
        int status = -1;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        while (!kept_.drained())
            usleep(100);
    }
    // A request in flight, as its process logged it.
    Entry &logged(uint32_t queue, uint32_t id, pv_blk_operation operation, uint32_t sectors)
    {
        Entry &entry = log_.entry(queue, id);
        entry.request.head.operation = static_cast<uint8_t>(operation);
        entry.request.data.length = pv_le32_of(sectors * PV_BLK_SECTOR);
        entry.state = EntryState::taken;
        entry.status = 77;
        log_.queue(queue).requests_taken = 1;
        return entry;
    }
    [[nodiscard]] DataExtent data() { return {reinterpret_cast<uintptr_t>(data_.data()), 512}; }

    static void expect_settled(const Entry &entry, int32_t status)
    {
        EXPECT_EQ(entry.state, EntryState::done);
        EXPECT_EQ(entry.status, status);
    }
    static void expect_left(const Entry &entry) { EXPECT_EQ(entry.state, EntryState::taken); }

    UniqueFd file_{open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    KeptRing kept_ = *KeptRing::make(16, 16);
    Log log_ = *Log::create(queues, depth);
    std::array<std::byte, 4096> data_{};
};

using Direction = DataRing::Direction;

TEST_F(BlkDrain, WholeTransfersAreDone)
{
    const Entry &write = logged(0, 1, PV_BLK_WRITE, 1);
    const Entry &read = logged(1, 7, PV_BLK_READ, 1);
    in_process([&](DataRing &ring) {
        const DataExtent extent = data();
        ring.transfer(Direction::write, 0, {&extent, 1}, false, completion_of(0, 1));
        ring.transfer(Direction::read, 0, {&extent, 1}, false, completion_of(1, 7));
    });
    EXPECT_EQ(settle(log_, kept_), 2U);
    expect_settled(write, 0);
    expect_settled(read, 0);
    EXPECT_EQ(settle(log_, kept_), 0U) << "once";
}

TEST_F(BlkDrain, TablesSayWhatIsWhole)
{
    for (const uint32_t id : {1U, 2U}) {
        Entry &read = logged(0, id, PV_BLK_READ, 0);
        read.request.head.flags = PV_BLK_FLAG_INDIRECT;
        read.request.data.length = pv_le32_of(2 * sizeof(pv_segment));
        for (const std::size_t segment : {0U, 1U})
            log_.table(0, id).at(segment).length = pv_le32_of(id == 1 ? 256 : 512);
        // No part of it.
        log_.table(0, id)[2].length = pv_le32_of(512);
    }
    in_process([&](DataRing &ring) {
        const DataExtent extent = data();
        for (const uint16_t id : {uint16_t{1}, uint16_t{2}})
            ring.transfer(Direction::write, 0, {&extent, 1}, false, completion_of(0, id));
    });
    EXPECT_EQ(settle(log_, kept_), 1U);
    expect_settled(log_.entry(0, 1), 0);
    expect_left(log_.entry(0, 2));
}

TEST_F(BlkDrain, OthersAreDoneWithoutBytes)
{
    const Entry &flush = logged(0, 0, PV_BLK_FLUSH, 0);
    const Entry &discard = logged(0, 1, PV_BLK_DISCARD, 64);
    in_process([&](DataRing &ring) {
        ring.sync(completion_of(0, 0));
        ring.clear(DataRing::Clearing::discard, 0, 32768, completion_of(0, 1));
    });
    EXPECT_EQ(settle(log_, kept_), 2U);
    expect_settled(flush, 0);
    expect_settled(discard, 0);
}

TEST_F(BlkDrain, ShortOnesAreDoneAgain)
{
    const Entry &entry = logged(0, 0, PV_BLK_WRITE, 2);
    const Entry &past_end = logged(0, 1, PV_BLK_READ, 1);
    in_process([&](DataRing &ring) {
        const DataExtent extent = data();
        ring.transfer(Direction::write, 0, {&extent, 1}, false, completion_of(0, 0));
        ring.transfer(Direction::read, 65536, {&extent, 1}, false, completion_of(0, 1));
    });
    EXPECT_EQ(settle(log_, kept_), 0U);
    expect_left(entry);
    expect_left(past_end);
}

TEST_F(BlkDrain, ErrorsOfTheMediumAreTold)
{
    file_ = UniqueFd(open("/dev/full", O_RDWR | O_CLOEXEC));
    const Entry &full = logged(0, 0, PV_BLK_WRITE, 1);
    const Entry &flush = logged(0, 1, PV_BLK_FLUSH, 0);
    in_process([&](DataRing &ring) {
        const DataExtent extent = data();
        ring.transfer(Direction::write, 0, {&extent, 1}, false, completion_of(0, 0));
        ring.sync(completion_of(0, 1));
    });
    EXPECT_EQ(settle(log_, kept_), 2U);
    expect_settled(full, PV_BLK_STATUS_SPACE);
    expect_settled(flush, PV_BLK_STATUS_INVALID);
}

// A process whose memory went before its operation was begun.
TEST_F(BlkDrain, WhatWasNotBegunIsDoneAgain)
{
    const Entry &entry = logged(0, 0, PV_BLK_WRITE, 1);
    in_process([&](DataRing &ring) {
        const DataExtent nowhere = {8, 512};
        ring.transfer(Direction::write, 0, {&nowhere, 1}, false, completion_of(0, 0));
    });
    EXPECT_EQ(settle(log_, kept_), 0U);
    expect_left(entry);
}

TEST_F(BlkDrain, StrangersAreLeftAlone)
{
    logged(0, 0, PV_BLK_FLUSH, 0).state = EntryState::free;
    const Entry &other = logged(1, 0, PV_BLK_FLUSH, 0);
    logged(0, 1, PV_BLK_FLUSH, 0).state = EntryState::answered;
    logged(0, 2, PV_BLK_FLUSH, 0).request_index = 1; // not taken
    in_process([&](DataRing &ring) {
        for (uint32_t id = 0; id < 3; id++)
            ring.sync(completion_of(0, id));
        ring.sync(completion_of(queues, 0));
        ring.sync(completion_of(0, depth));
        ring.sync(completion_of(0xffff, 0));
        ring.sync(completion_of(1, 0xffff));
        ring.sync(completion_of(0xffff, 0xffff));
        ring.sync(completion_of(1, 0) + (uint64_t{1} << 48));
        ring.sync(~uint64_t{0});
    });
    EXPECT_EQ(settle(log_, kept_), 0U);
    EXPECT_EQ(log_.entry(0, 0).state, EntryState::free);
    EXPECT_EQ(log_.entry(0, 1).state, EntryState::answered);
    EXPECT_EQ(log_.entry(0, 2).state, EntryState::taken);
    expect_left(other);
}

} // namespace
} // namespace paravane::blk
