// SPDX-License-Identifier: Apache-2.0
//
// Parts of a disk's process by themselves: changes that are under way, what waits, what a completion says,
// and the log's memory.
#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "backend/blk/backlog.hpp"
#include "backend/blk/changes.hpp"
#include "backend/blk/disk.hpp"
#include "backend/blk/log.hpp"

namespace paravane::blk {
namespace {

// ---- changes ----

TEST(ChangesTest, OverlapByOneByteAndNotByNone)
{
    Changes changes(4);
    EXPECT_FALSE(changes.overlaps(0, UINT64_MAX / 2));
    changes.begin(4096, 4096);
    EXPECT_TRUE(changes.overlaps(4096, 4096));
    EXPECT_TRUE(changes.overlaps(0, 4097));
    EXPECT_TRUE(changes.overlaps(8191, 1));
    EXPECT_TRUE(changes.overlaps(5000, 1));
    EXPECT_TRUE(changes.overlaps(0, uint64_t{1} << 40)) << "a wide one around it";
    EXPECT_FALSE(changes.overlaps(0, 4096));
    EXPECT_FALSE(changes.overlaps(8192, 4096));
    EXPECT_EQ(changes.under_way(), 1U);
    changes.end(4096, 4096);
    EXPECT_FALSE(changes.overlaps(4096, 4096));
    EXPECT_EQ(changes.under_way(), 0U);
}

TEST(ChangesTest, SeeWideOnesEverywhere)
{
    constexpr uint64_t gib = uint64_t{1} << 30;
    Changes changes(4);
    changes.begin(gib, 2 * gib);
    EXPECT_TRUE(changes.overlaps(2 * gib, 512));
    EXPECT_TRUE(changes.overlaps(3 * gib - 1, 1));
    EXPECT_FALSE(changes.overlaps(3 * gib, 512));
    EXPECT_FALSE(changes.overlaps(0, gib));
    changes.end(gib, 2 * gib);
    EXPECT_FALSE(changes.overlaps(2 * gib, 512));
}

TEST(ChangesTest, ZonesThatAreCountedTogetherAreNotTheSame)
{
    Changes changes(4);
    // 1024 zones of 256 KiB later the zones' numbers repeat.
    changes.begin(0, 512);
    EXPECT_FALSE(changes.overlaps(uint64_t{1024} << 18, 512));
    changes.begin(uint64_t{1024} << 18, 512);
    changes.end(0, 512);
    EXPECT_TRUE(changes.overlaps(uint64_t{1024} << 18, 512)) << "the other one's end";
}

// Against the plainest way to know.
TEST(ChangesTest, AgreeWithAList)
{
    constexpr uint32_t most = 64;
    struct Range {
        uint64_t offset;
        uint64_t bytes;
    };
    Changes changes(most);
    std::vector<Range> real;
    std::mt19937_64 random(1);
    uint64_t met = 0;

    for (int i = 0; i < 200000; i++) {
        const bool wide = random() % 16 == 0;
        const uint64_t bytes = 512 * (1 + random() % (wide ? 1U << 20 : 64));
        const uint64_t offset = 512 * (random() % (uint64_t{1} << 21));
        bool overlap = false;
        for (const Range &range : real)
            overlap =
                overlap || (offset < range.offset + range.bytes && range.offset < offset + bytes);
        ASSERT_EQ(changes.overlaps(offset, bytes), overlap);
        met += overlap ? 1 : 0;
        if (!overlap && real.size() < most) {
            changes.begin(offset, bytes);
            real.push_back({offset, bytes});
        }
        if (!real.empty() && random() % 2 == 0) {
            const std::size_t which = random() % real.size();
            changes.end(real[which].offset, real[which].bytes);
            real[which] = real.back();
            real.pop_back();
        }
        ASSERT_EQ(changes.under_way(), real.size());
    }
    EXPECT_GT(met, 1000U);
}

// ---- the backlog ----

TEST(BacklogTest, IsAQueue)
{
    Backlog<uint32_t> backlog(1);
    EXPECT_TRUE(backlog.empty());
    for (uint32_t i = 0; i < 10; i++) {
        backlog.push(i);
        EXPECT_FALSE(backlog.empty());
        EXPECT_EQ(backlog.front(), i);
        backlog.pop();
    }
    backlog.push_front(1);
    EXPECT_EQ(backlog.front(), 1U);
}

TEST(BacklogTest, AgreesWithADeque)
{
    for (const uint32_t most : {1U, 2U, 3U, 64U, 100U}) {
        Backlog<uint32_t> backlog(most);
        std::deque<uint32_t> real;
        std::mt19937_64 random(most);
        for (uint32_t i = 0; i < 20000; i++) {
            const uint64_t what = random() % 4;
            if (what < 2 && real.size() < most) {
                backlog.push(i);
                real.push_back(i);
            } else if (what == 2 && real.size() < most) {
                backlog.push_front(i);
                real.push_front(i);
            } else if (!real.empty()) {
                backlog.pop();
                real.pop_front();
            }
            ASSERT_EQ(backlog.empty(), real.empty());
            if (!real.empty()) {
                ASSERT_EQ(backlog.front(), real.front());
            }
        }
    }
}

// ---- what a completion says ----

struct Transfer {
    Work work{PV_BLK_WRITE, false, 3, 8192, 12288};
    std::array<DataExtent, PV_BLK_SEGMENTS_MAX> extents{};

    Transfer()
    {
        extents[0] = {0x10000, 4096};
        extents[1] = {0x20000, 4096};
        extents[2] = {0x30000, 4096};
    }
};

TEST(CompletionTest, AllOfItIsTheEnd)
{
    Transfer transfer;
    EXPECT_EQ(Disk::completed(transfer.work, transfer.extents, 3 * 4096), 0);
}

TEST(CompletionTest, AnErrorIsTheEnd)
{
    for (const int error : {EIO, ENOSPC, EROFS, EOPNOTSUPP, EINVAL}) {
        Transfer transfer;
        EXPECT_EQ(Disk::completed(transfer.work, transfer.extents, -error), -error);
    }
}

TEST(CompletionTest, WhatWasNotBegunIsDoneAgain)
{
    for (const int error : {EAGAIN, EINTR, ECANCELED}) {
        Transfer transfer;
        EXPECT_EQ(Disk::completed(transfer.work, transfer.extents, -error), Disk::not_ended);
        EXPECT_EQ(transfer.work.bytes, 3U * 4096);
        EXPECT_EQ(transfer.work.offset, 8192U);
        EXPECT_EQ(transfer.work.extents, 3U);
    }
}

TEST(CompletionTest, TheEndOfAFileIsAnError)
{
    for (const pv_blk_operation operation : {PV_BLK_READ, PV_BLK_WRITE}) {
        Transfer transfer;
        transfer.work.operation = operation;
        EXPECT_EQ(Disk::completed(transfer.work, transfer.extents, 0), PV_BLK_STATUS_IO);
    }
}

TEST(CompletionTest, OthersHaveNoBytes)
{
    for (const pv_blk_operation operation : {PV_BLK_FLUSH, PV_BLK_DISCARD, PV_BLK_WRITE_ZEROES}) {
        Work work = {operation, false, 0, 0, uint64_t{1} << 31};
        std::array<DataExtent, PV_BLK_SEGMENTS_MAX> extents{};
        EXPECT_EQ(Disk::completed(work, extents, 0), 0);
        EXPECT_EQ(Disk::completed(work, extents, -EIO), -EIO);
    }
}

TEST(CompletionTest, TheRestOfAShortOneIsWhatIsLeft)
{
    Transfer transfer;
    EXPECT_EQ(Disk::completed(transfer.work, transfer.extents, 512), Disk::not_ended);
    EXPECT_EQ(transfer.work.offset, 8192U + 512);
    EXPECT_EQ(transfer.work.bytes, 3U * 4096 - 512);
    EXPECT_EQ(transfer.work.extents, 3U);
    EXPECT_EQ(transfer.extents[0].address, 0x10000U + 512);
    EXPECT_EQ(transfer.extents[0].bytes, 4096U - 512);

    EXPECT_EQ(Disk::completed(transfer.work, transfer.extents, 4096 - 512), Disk::not_ended);
    EXPECT_EQ(transfer.work.extents, 2U) << "the whole of the first";
    EXPECT_EQ(transfer.extents[0].address, 0x20000U);
    EXPECT_EQ(transfer.extents[0].bytes, 4096U);

    EXPECT_EQ(Disk::completed(transfer.work, transfer.extents, 4096 + 1024), Disk::not_ended);
    EXPECT_EQ(transfer.work.extents, 1U) << "and into the third";
    EXPECT_EQ(transfer.extents[0].address, 0x30000U + 1024);
    EXPECT_EQ(transfer.extents[0].bytes, 4096U - 1024);
    EXPECT_EQ(transfer.work.bytes, 4096U - 1024);
    EXPECT_EQ(Disk::completed(transfer.work, transfer.extents, 4096 - 1024), 0);
}

// Cut at every place, whatever the extents: the pieces are the whole, in their order.
TEST(CompletionTest, PiecesMakeTheWhole)
{
    std::mt19937_64 random(5);
    for (int round = 0; round < 2000; round++) {
        std::array<DataExtent, PV_BLK_SEGMENTS_MAX> extents{};
        Work work = {PV_BLK_READ, false, static_cast<uint32_t>(1 + random() % 256), 0, 0};
        std::vector<uint64_t> bytes;
        for (uint32_t i = 0; i < work.extents; i++) {
            extents.at(i) = {(uint64_t{i} << 20) + 512 * (random() % 8), 512 * (1 + random() % 4)};
            for (uint64_t at = 0; at < extents.at(i).bytes; at += 512)
                bytes.push_back(extents.at(i).address + at);
            work.bytes += extents.at(i).bytes;
        }
        const uint64_t all = work.bytes;
        std::size_t done = 0;
        int32_t status = Disk::not_ended;
        while (status == Disk::not_ended) {
            uint64_t left = 0;
            for (uint32_t i = 0; i < work.extents; i++)
                left += extents.at(i).bytes;
            ASSERT_EQ(left, work.bytes);
            ASSERT_EQ(work.offset, all - left);
            ASSERT_EQ(extents[0].address, bytes.at(done));
            const uint64_t now = 512 * (1 + random() % (left / 512));
            done += now / 512;
            status = Disk::completed(work, extents, static_cast<int32_t>(now));
        }
        ASSERT_EQ(status, 0);
        ASSERT_EQ(done, bytes.size());
    }
}

// ---- the log's memory ----

Log log_of(uint32_t queues, uint32_t depth)
{
    return Log::create(queues, depth).value();
}

UniqueFd copy_of(int fd)
{
    return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

TEST(LogTest, IsFoundAgain)
{
    const Log made = log_of(3, 64);
    made.queue(2).requests_taken = 17;
    made.entry(2, 63).order = 18;
    made.table(2, 63)[255].grant = pv_le32_of(19);
    const Log found = Log::adopt(copy_of(made.fd())).value();
    EXPECT_EQ(found.queues(), 3U);
    EXPECT_EQ(found.depth(), 64U);
    EXPECT_EQ(found.queue(2).requests_taken, 17U);
    EXPECT_EQ(found.entry(2, 63).order, 18U);
    EXPECT_EQ(pv_le32_get(found.table(2, 63)[255].grant), 19U);
    EXPECT_EQ(made.entry(2, 62).order, 0U);
}

TEST(LogTest, HasNoPartsThatOverlap)
{
    const Log log = log_of(2, 4);
    std::vector<std::pair<const char *, const char *>> parts;
    const auto add = [&](const auto &part) {
        parts.emplace_back(reinterpret_cast<const char *>(&part),
                           reinterpret_cast<const char *>(&part + 1));
    };
    add(log.header());
    for (uint32_t queue = 0; queue < 2; queue++) {
        add(log.queue(queue));
        for (uint32_t id = 0; id < 4; id++) {
            add(log.entry(queue, id));
            add(log.table(queue, id));
        }
    }
    std::ranges::sort(parts);
    for (std::size_t i = 1; i < parts.size(); i++)
        EXPECT_LE(parts[i - 1].second, parts[i].first);
    EXPECT_LE(parts.back().second,
              reinterpret_cast<const char *>(&log.header()) + Log::bytes(2, 4));
}

TEST(LogTest, HasLimits)
{
    EXPECT_TRUE(Log::create(1, PV_RING_SLOTS_MIN).has_value());
    EXPECT_TRUE(Log::create(PV_BLK_QUEUES_LIMIT, PV_RING_SLOTS_MAX).has_value());
    EXPECT_FALSE(Log::create(0, 64).has_value());
    EXPECT_FALSE(Log::create(PV_BLK_QUEUES_LIMIT + 1, 64).has_value());
    for (const uint32_t depth : {0U, 1U, 63U, 65536U, ~0U})
        EXPECT_FALSE(Log::create(1, depth).has_value()) << depth;
}

// A header that says other than its memory is: of a supervisor's mistake, and never used.
TEST(LogTest, IsAsLargeAsItSays)
{
    const auto adopted = [](uint32_t queues, uint32_t depth) {
        const Log log = log_of(2, 64);
        log.header().queues = queues;
        log.header().depth = depth;
        return Log::adopt(copy_of(log.fd())).has_value();
    };
    EXPECT_TRUE(adopted(2, 64));
    EXPECT_FALSE(adopted(1, 64));
    EXPECT_FALSE(adopted(3, 64));
    EXPECT_FALSE(adopted(2, 128));
    EXPECT_FALSE(adopted(0, 64));
    EXPECT_FALSE(adopted(~0U, ~0U));
    EXPECT_FALSE(adopted(2, 0));
    const UniqueFd empty(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_FALSE(Log::adopt(copy_of(empty.get())).has_value()) << "it could grow";
    ASSERT_EQ(fcntl(empty.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
    EXPECT_FALSE(Log::adopt(copy_of(empty.get())).has_value()) << "it is empty";
}

TEST(LogTest, KnowsItsRefusals)
{
    for (std::size_t i = 0; i < refusals; i++)
        EXPECT_FALSE(std::string(name_of(static_cast<Refusal>(i))).empty());
}

} // namespace
} // namespace paravane::blk
