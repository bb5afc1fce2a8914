// SPDX-License-Identifier: Apache-2.0
//
// The log of a disk: where its parts lie, and memory that is none.
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/blk/log.hpp"

namespace paravane::blk {

namespace {

UniqueFd copy_of(int fd)
{
    return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

UniqueFd sealed(uint64_t bytes, int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
{
    UniqueFd fd(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(ftruncate(fd.get(), static_cast<off_t>(bytes)), 0);
    EXPECT_EQ(fcntl(fd.get(), F_ADD_SEALS, seals), 0);
    return fd;
}

// Memory with a header that says so.
UniqueFd claiming(uint64_t bytes, uint32_t queues, uint32_t depth)
{
    UniqueFd fd = sealed(bytes);
    const std::array words = {queues, depth};
    EXPECT_EQ(pwrite(fd.get(), words.data(), sizeof(words), offsetof(Header, queues)),
              static_cast<ssize_t>(sizeof(words)));
    return fd;
}

TEST(HostMemories, AreZeroedAndShared)
{
    Result<HostMemory> made = HostMemory::create(5000);
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->size(), 8192U);
    EXPECT_EQ(made->data()[8191], std::byte{0});
    Result<HostMemory> other = HostMemory::adopt(copy_of(made->fd()));
    ASSERT_TRUE(other.has_value());
    EXPECT_EQ(other->size(), 8192U);
    made->data()[8191] = std::byte{7};
    EXPECT_EQ(other->data()[8191], std::byte{7});
    const HostMemory moved = std::move(*other);
    EXPECT_EQ(moved.data()[8191], std::byte{7});
    EXPECT_NE(ftruncate(made->fd(), 4096), 0);
    EXPECT_NE(ftruncate(made->fd(), 16384), 0);
}

TEST(HostMemories, MayBeLargerThanTheHost)
{
    Result<HostMemory> made = HostMemory::create(uint64_t{1} << 40);
    ASSERT_TRUE(made.has_value()) << made.error().text;
    made->data()[(uint64_t{1} << 40) - 1] = std::byte{1};
    EXPECT_FALSE(HostMemory::create(UINT64_MAX).has_value());
}

TEST(HostMemories, CannotBeResizedByTheirMakers)
{
    EXPECT_TRUE(HostMemory::adopt(sealed(4096)).has_value());
    for (const int seals : {0, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SHRINK | F_SEAL_GROW})
        EXPECT_FALSE(HostMemory::adopt(sealed(4096, seals)).has_value()) << seals;
    EXPECT_FALSE(HostMemory::adopt(sealed(0)).has_value());
    EXPECT_FALSE(HostMemory::adopt(UniqueFd(open("/dev/null", O_RDWR))).has_value());
    EXPECT_FALSE(HostMemory::adopt(UniqueFd()).has_value());
}

TEST(DiskLogs, HaveAPlaceForEachPart)
{
    constexpr uint32_t queues = 3;
    constexpr uint32_t depth = 64;
    Result<Log> made = Log::create(queues, depth);
    ASSERT_TRUE(made.has_value());
    const Log &log = *made;
    EXPECT_EQ(log.header().queues, queues);
    EXPECT_EQ(log.header().depth, depth);
    EXPECT_EQ(log.header().settings.sectors, 0U);
    const auto *const begin = reinterpret_cast<const std::byte *>(&log.header());
    std::set<std::pair<std::ptrdiff_t, std::ptrdiff_t>> places = {{0, sizeof(Header)}};
    const auto add = [&](const auto &part) {
        const std::ptrdiff_t from = reinterpret_cast<const std::byte *>(&part) - begin;
        EXPECT_EQ(from % static_cast<std::ptrdiff_t>(alignof(decltype(part))), 0);
        places.emplace(from, from + static_cast<std::ptrdiff_t>(sizeof(part)));
    };
    for (uint32_t queue = 0; queue < queues; queue++) {
        add(log.queue(queue));
        for (uint32_t id = 0; id < depth; id++) {
            EXPECT_EQ(log.entry(queue, id).state, EntryState::free);
            add(log.entry(queue, id));
            add(log.table(queue, id));
        }
    }
    ASSERT_EQ(places.size(), 1 + queues + 2U * queues * depth);
    std::ptrdiff_t end = 0;
    for (const auto &[from, to] : places) {
        EXPECT_GE(from, end);
        end = to;
    }
    EXPECT_EQ(static_cast<uint64_t>(end), Log::bytes(queues, depth));
}

TEST(DiskLogs, AreTheSameForTheirReaders)
{
    Result<Log> made = Log::create(2, 32768);
    ASSERT_TRUE(made.has_value());
    made->entry(1, 32767).order = 12345;
    made->table(1, 32767)[255].length = pv_le32_of(4096);
    made->queue(1).responses_given = 77;
    Result<Log> adopted = Log::adopt(copy_of(made->fd()));
    ASSERT_TRUE(adopted.has_value()) << adopted.error().text;
    EXPECT_EQ(adopted->queues(), 2U);
    EXPECT_EQ(adopted->depth(), 32768U);
    EXPECT_EQ(adopted->entry(1, 32767).order, 12345U);
    EXPECT_EQ(pv_le32_get(adopted->table(1, 32767)[255].length), 4096U);
    EXPECT_EQ(adopted->queue(1).responses_given, 77U);
}

TEST(DiskLogs, AreOfQueuesWithinTheirLimits)
{
    for (const auto &[queues, depth] :
         std::initializer_list<std::pair<uint32_t, uint32_t>>{{0, 64},
                                                              {33, 64},
                                                              {UINT32_MAX, 64},
                                                              {1, 0},
                                                              {1, 1},
                                                              {1, 3},
                                                              {1, 65536},
                                                              {1, 1U << 31}}) {
        EXPECT_FALSE(Log::create(queues, depth).has_value()) << queues << " " << depth;
        // Also in memory that is large enough for what the header says.
        EXPECT_FALSE(Log::adopt(claiming(uint64_t{64} << 30, queues, depth)).has_value())
            << queues << " " << depth;
        if (queues > 33 || depth > 65536)
            continue;
        EXPECT_FALSE(Log::adopt(claiming(Log::bytes(queues, depth), queues, depth)).has_value())
            << queues << " " << depth;
    }
    EXPECT_TRUE(Log::create(1, 2).has_value());
    EXPECT_TRUE(Log::create(32, 32768).has_value());
}

TEST(DiskLogs, AreExactlyAsLongAsTheirQueues)
{
    const uint64_t bytes = Log::bytes(2, 16);
    EXPECT_TRUE(Log::adopt(claiming(bytes, 2, 16)).has_value());
    EXPECT_FALSE(Log::adopt(claiming(bytes - 4096, 2, 16)).has_value());
    EXPECT_FALSE(Log::adopt(claiming(bytes + 4096, 2, 16)).has_value());
    EXPECT_FALSE(Log::adopt(claiming(bytes, 2, 32)).has_value());
    EXPECT_FALSE(Log::adopt(claiming(bytes, 4, 16)).has_value());
    EXPECT_FALSE(Log::adopt(claiming(8, 2, 16)).has_value());
    EXPECT_FALSE(Log::adopt(sealed(4096)).has_value());
    EXPECT_FALSE(Log::adopt(UniqueFd()).has_value());
}

// What its maker holds does not change with what a process writes there.
TEST(DiskLogs, KeepTheirSizesToThemselves)
{
    Result<Log> made = Log::create(2, 16);
    ASSERT_TRUE(made.has_value());
    const Entry *const last = &made->entry(1, 15);
    made->header().queues = 32;
    made->header().depth = 32768;
    EXPECT_EQ(made->queues(), 2U);
    EXPECT_EQ(made->depth(), 16U);
    EXPECT_EQ(&made->entry(1, 15), last);
    EXPECT_FALSE(Log::adopt(copy_of(made->fd())).has_value());
}

TEST(DiskLogs, NameEachRefusal)
{
    std::set<std::string> names;
    for (std::size_t refusal = 0; refusal < refusals; refusal++)
        names.insert(name_of(static_cast<Refusal>(refusal)));
    EXPECT_EQ(names.size(), refusals);
}

} // namespace

} // namespace paravane::blk
