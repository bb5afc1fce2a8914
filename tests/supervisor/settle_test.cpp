// SPDX-License-Identifier: Apache-2.0
//
// What a supervisor takes from a dead process's log and ring, forged here to the last word: whoever wrote
// them may have been a stranger.
#include <array>
#include <optional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <liburing.h>

#include "backend/supervisor/drain.hpp"

namespace paravane::blk {

namespace {

constexpr uint32_t queues = 2;
constexpr uint32_t depth = 8;

class DiskSettle : public testing::Test {
  protected:
    void SetUp() override
    {
        Result<KeptRing> made = KeptRing::make(depth, depth);
        ASSERT_TRUE(made.has_value()) << made.error().text;
        ring.emplace(std::move(*made));
        Result<Log> logged = Log::create(queues, depth);
        ASSERT_TRUE(logged.has_value());
        log.emplace(std::move(*logged));
        io_uring_params params = ring->params();
        ASSERT_EQ(
            io_uring_queue_mmap(fcntl(ring->descriptor(), F_DUPFD_CLOEXEC, 0), &params, &process),
            0);
    }
    void TearDown() override { io_uring_queue_exit(&process); }

    // The process has begun so many.
    void begun(uint32_t count) const { *process.sq.khead = count; }
    void complete(uint64_t user_data, int32_t result)
    {
        const uint32_t tail = *process.cq.ktail;
        io_uring_cqe &entry = process.cq.cqes[tail & (ring->params().cq_entries - 1)];
        entry.user_data = user_data;
        entry.res = result;
        *process.cq.ktail = tail + 1;
    }
    Entry &taken(uint32_t queue, uint32_t id, uint8_t operation, uint32_t sectors)
    {
        Entry &entry = log->entry(queue, id);
        entry.request.head.operation = operation;
        entry.request.data.length = pv_le32_of(sectors * PV_BLK_SECTOR);
        entry.request_index = 0;
        entry.state = EntryState::taken;
        log->queue(queue).requests_taken = 1;
        return entry;
    }

    std::optional<KeptRing> ring;
    std::optional<Log> log;
    io_uring process{};
};

TEST_F(DiskSettle, ARingIsForWhomItIsLeftTo)
{
    EXPECT_NE(ring->params().flags & IORING_SETUP_R_DISABLED, 0U);
    EXPECT_EQ(ring->params().flags & IORING_SETUP_DEFER_TASKRUN, 0U);
    EXPECT_GE(ring->params().cq_entries, ring->params().sq_entries);
    EXPECT_TRUE(ring->drained());
    Result<KeptRing> large = KeptRing::make(100, 3000);
    ASSERT_TRUE(large.has_value());
    EXPECT_EQ(large->params().sq_entries, 128U);
    EXPECT_EQ(large->params().cq_entries, 4096U);
    EXPECT_TRUE(KeptRing::make(UINT32_MAX, UINT32_MAX).has_value());
}

TEST_F(DiskSettle, DrainedIsWhenAllThatWasBegunIsComplete)
{
    begun(3);
    EXPECT_EQ(ring->in_flight(), 3U);
    complete(0, 0);
    complete(0, 0);
    EXPECT_EQ(ring->in_flight(), 1U);
    EXPECT_FALSE(ring->drained());
    complete(0, 0);
    EXPECT_TRUE(ring->drained());
}

TEST_F(DiskSettle, DrainedAlsoWhereIndicesWrap)
{
    *process.cq.khead = UINT32_MAX - 1;
    *process.cq.ktail = UINT32_MAX - 1;
    begun(2);
    EXPECT_EQ(ring->in_flight(), 4U);
    for (int i = 0; i < 4; i++)
        complete(static_cast<uint64_t>(i), i);
    EXPECT_TRUE(ring->drained());
    const auto left = ring->unreaped();
    ASSERT_EQ(left.size(), 4U);
    for (std::size_t i = 0; i < left.size(); i++) {
        EXPECT_EQ(left[i].user_data, i);
        EXPECT_EQ(left[i].result, static_cast<int32_t>(i));
    }
}

TEST_F(DiskSettle, NoMoreIsReadThanThereIs)
{
    for (const uint32_t head : {1U, 0x80000000U, UINT32_MAX - 100}) {
        *process.cq.khead = head;
        *process.cq.ktail = 0;
        EXPECT_EQ(ring->unreaped().size(), ring->params().cq_entries) << head;
        EXPECT_EQ(settle(*log, *ring), 0U);
    }
}

struct Ended {
    uint8_t operation;
    uint32_t sectors;
    int32_t result;
    std::optional<int32_t> status; // nothing: it is to be done again
};

class DiskSettles : public DiskSettle, public testing::WithParamInterface<Ended> {};

TEST_P(DiskSettles, WhatIsWhole)
{
    const Ended &ended = GetParam();
    Entry &entry = taken(1, 7, ended.operation, ended.sectors);
    entry.status = 1;
    complete(completion_of(1, 7), ended.result);
    EXPECT_EQ(settle(*log, *ring), ended.status ? 1U : 0U);
    EXPECT_EQ(entry.state, ended.status ? EntryState::done : EntryState::taken);
    EXPECT_EQ(entry.status, ended.status.value_or(1));
}

INSTANTIATE_TEST_SUITE_P(
    Each, DiskSettles,
    testing::Values(
        Ended{PV_BLK_READ, 8, 4096, 0}, Ended{PV_BLK_READ, 8, 3584, std::nullopt},
        Ended{PV_BLK_READ, 8, 0, std::nullopt}, Ended{PV_BLK_WRITE, 2048, 1 << 20, 0},
        Ended{PV_BLK_WRITE, 2048, (1 << 20) - 512, std::nullopt},
        Ended{PV_BLK_WRITE, 1, 513, std::nullopt}, Ended{PV_BLK_FLUSH, 0, 0, 0},
        Ended{PV_BLK_DISCARD, 8, 0, 0}, Ended{PV_BLK_WRITE_ZEROES, 8, 0, 0},
        Ended{PV_BLK_FLUSH, 0, 1, std::nullopt}, Ended{PV_BLK_FLUSH, 0, -EIO, -EIO},
        Ended{PV_BLK_WRITE, 8, -ENOSPC, -ENOSPC}, Ended{PV_BLK_READ, 8, -ECANCELED, std::nullopt},
        Ended{PV_BLK_READ, 8, -EAGAIN, std::nullopt}, Ended{PV_BLK_READ, 8, -EINTR, std::nullopt},
        Ended{PV_BLK_READ, 8, -EFAULT, std::nullopt}, Ended{PV_BLK_READ, 8, -4095, -4095},
        Ended{PV_BLK_READ, 8, -4096, std::nullopt}, Ended{PV_BLK_READ, 8, INT32_MIN, std::nullopt},
        // No request can be so long, but the entry may say so.
        Ended{PV_BLK_READ, UINT32_MAX, -512, -512}));

TEST_F(DiskSettle, ANumberThatIsNoRequestsIsNobodys)
{
    for (uint32_t queue = 0; queue < queues; queue++)
        for (uint32_t id = 0; id < depth; id++)
            taken(queue, id, PV_BLK_FLUSH, 0);
    for (const uint64_t number :
         {completion_of(0, depth), completion_of(queues, 0), completion_of(0xffff, 0xffff),
          completion_of(0, 0xffff), UINT64_MAX, uint64_t{1} << 48, uint64_t{1} << 32 | 1U << 16}) {
        *process.cq.khead = *process.cq.ktail;
        complete(number, 0);
        EXPECT_EQ(settle(*log, *ring), 0U) << number;
    }
}

TEST_F(DiskSettle, OnlyWhatIsTakenIsSettled)
{
    Entry &entry = taken(0, 3, PV_BLK_FLUSH, 0);
    complete(completion_of(0, 3), 0);
    for (const EntryState state :
         {EntryState::free, EntryState::done, EntryState::answered, static_cast<EntryState>(77)}) {
        entry.state = state;
        entry.status = -1;
        EXPECT_EQ(settle(*log, *ring), 0U);
        EXPECT_EQ(entry.state, state);
        EXPECT_EQ(entry.status, -1);
    }
    entry.state = EntryState::taken;
    // Taken in the log, but not for the guest, which will see it taken by the next process.
    log->queue(0).requests_taken = 0;
    EXPECT_EQ(settle(*log, *ring), 0U);
    log->queue(0).requests_taken = 0U - (batch_max - 1);
    EXPECT_EQ(settle(*log, *ring), 0U);
    // However long ago.
    log->queue(0).requests_taken = 0x80000001;
    EXPECT_EQ(settle(*log, *ring), 1U);
}

TEST_F(DiskSettle, OnceIsEnough)
{
    Entry &entry = taken(0, 3, PV_BLK_FLUSH, 0);
    complete(completion_of(0, 3), -EIO);
    complete(completion_of(0, 3), 0);
    EXPECT_EQ(settle(*log, *ring), 1U);
    EXPECT_EQ(entry.status, -EIO);
}

} // namespace

} // namespace paravane::blk
