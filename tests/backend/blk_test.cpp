// SPDX-License-Identifier: Apache-2.0
//
// The disk's backend process, with a supervisor and a guest that keep the rules, on every kind of medium.
#include <algorithm>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "blk_bench.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {
namespace {

using blk::Refusal;

constexpr uint64_t mebibyte = uint64_t{1} << 20;

// In bytes.
constexpr uint64_t sectors_of(uint64_t count)
{
    return count * PV_BLK_SECTOR;
}

std::vector<std::byte> random_bytes(std::size_t count, unsigned int seed)
{
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(count);
    for (std::byte &byte : bytes)
        byte = static_cast<std::byte>(random());
    return bytes;
}

// ---- every medium ----

struct MediumCase {
    const char *name;
    BlkDisk (*make)(uint64_t bytes);
    bool fixed_buffers;
    uint32_t sector_bytes;
};

void PrintTo(const MediumCase &medium, std::ostream *to)
{
    *to << medium.name;
}

class BlkMedia : public testing::TestWithParam<MediumCase> {
  protected:
    static constexpr uint64_t bytes = 16 * mebibyte;

    BlkMedia() : bench_(made()) { bench_.begin(); }
    static BlkDisk made()
    {
        BlkDisk disk = GetParam().make(bytes);
        disk.fixed_buffers = GetParam().fixed_buffers;
        disk.sector_bytes = GetParam().sector_bytes;
        return disk;
    }

    BlkBench bench_;
    BlkGuest &guest_ = bench_.guest;
    const BlkDisk &disk_ = bench_.disk;
};

TEST_P(BlkMedia, Reads)
{
    const auto content = random_bytes(65536, 1);
    disk_.write(8192, content);
    EXPECT_EQ(guest_.ask(read_of(16, 128)), 0);
    EXPECT_EQ(guest_.get_data(0, 65536) == content, true);
    bench_.end();
}

TEST_P(BlkMedia, Writes)
{
    const auto content = random_bytes(65536, 2);
    guest_.put_data(4096, content);
    EXPECT_EQ(guest_.ask(write_of(24, 128, 4096)), 0);
    EXPECT_EQ(disk_.read(sectors_of(24), 65536) == content, true);
    EXPECT_TRUE(disk_.holds(0, sectors_of(24), 0));
    EXPECT_TRUE(disk_.holds(sectors_of(24) + 65536, 4096, 0));
    bench_.end();
}

TEST_P(BlkMedia, WritesDurably)
{
    const auto content = random_bytes(4096, 3);
    guest_.put_data(0, content);
    pv_blk_request request = write_of(8, 8);
    request.head.flags = PV_BLK_FLAG_FUA;
    EXPECT_EQ(guest_.ask(request), 0);
    EXPECT_EQ(guest_.ask(request_of(PV_BLK_FLUSH)), 0);
    EXPECT_EQ(disk_.read(4096, 4096) == content, true);
    bench_.end();
}

TEST_P(BlkMedia, Clears)
{
    disk_.write(0, std::vector<std::byte>(mebibyte, std::byte{0x5a}));
    EXPECT_EQ(guest_.ask(clear_of(PV_BLK_WRITE_ZEROES, 128, 256)), 0);
    EXPECT_TRUE(disk_.holds(sectors_of(128), sectors_of(256), 0));
    EXPECT_EQ(guest_.ask(clear_of(PV_BLK_DISCARD, 512, 1024)), 0);
    EXPECT_TRUE(disk_.holds(0, sectors_of(128), 0x5a));
    EXPECT_TRUE(disk_.holds(sectors_of(384), sectors_of(128), 0x5a));
    EXPECT_TRUE(disk_.holds(sectors_of(1536), mebibyte - sectors_of(1536), 0x5a));
    EXPECT_EQ(guest_.ask(read_of(128, 256)), 0);
    EXPECT_TRUE(guest_.holds(0, sectors_of(256), 0));
    bench_.end();
}

TEST_P(BlkMedia, TakesSegmentsOfAnyShape)
{
    const auto content = random_bytes(mebibyte, 4);
    std::vector<Piece> pieces;
    // Every other page of the data, from its end.
    for (uint64_t i = 0; i < PV_BLK_SEGMENTS_MAX; i++) {
        pieces.push_back({(2 * (PV_BLK_SEGMENTS_MAX - 1 - i)) * PV_PAGE_SIZE, PV_PAGE_SIZE});
        guest_.put_data(pieces.back().at,
                        std::span(content).subspan(i * PV_PAGE_SIZE, PV_PAGE_SIZE));
    }
    const auto whole = [&](pv_blk_operation operation) {
        return guest_.indirect(request_of(operation, 8), pieces);
    };
    EXPECT_EQ(guest_.ask(whole(PV_BLK_WRITE)), 0);
    EXPECT_EQ(disk_.read(4096, mebibyte) == content, true);
    guest_.fill(0, 2 * mebibyte, 0xee);
    EXPECT_EQ(guest_.ask(whole(PV_BLK_READ)), 0);
    for (uint64_t i = 0; i < PV_BLK_SEGMENTS_MAX; i++) {
        const auto part = std::span(content).subspan(i * PV_PAGE_SIZE, PV_PAGE_SIZE);
        EXPECT_EQ(std::ranges::equal(guest_.get_data(pieces[i].at, PV_PAGE_SIZE), part), true);
        EXPECT_TRUE(guest_.holds(pieces[i].at + PV_PAGE_SIZE, PV_PAGE_SIZE, 0xee));
    }
    const std::array two_pieces = {Piece{12288, PV_PAGE_SIZE}, Piece{0, 4096}};
    EXPECT_EQ(guest_.ask(guest_.indirect(request_of(PV_BLK_READ, 8), two_pieces)), 0);
    EXPECT_EQ(std::ranges::equal(guest_.get_data(0, 4096), std::span(content).subspan(4096, 4096)),
              true);
    bench_.end();
}

TEST_P(BlkMedia, SaysWhoItIs)
{
    guest_.fill(0, 2048, 0xee);
    EXPECT_EQ(guest_.ask(request_of(PV_BLK_IDENTIFY, 0, {512, 512})), 0);
    const auto got = guest_.get_data(512, 512);
    EXPECT_EQ(std::memcmp(got.data(), "a disk of tests", 16), 0);
    EXPECT_TRUE(guest_.holds(512 + 16, 512 - 16, 0));
    EXPECT_TRUE(guest_.holds(0, 512, 0xee) && guest_.holds(1024, 512, 0xee));
    bench_.end();
}

TEST_P(BlkMedia, RefusesWhatIsPastItsEnd)
{
    const uint64_t sectors = bytes / 512;
    EXPECT_EQ(guest_.ask(read_of(sectors - 8, 8)), 0);
    EXPECT_EQ(guest_.ask(read_of(sectors, 8)), PV_BLK_STATUS_RANGE);
    EXPECT_EQ(guest_.ask(write_of(sectors - 8, 16)), PV_BLK_STATUS_RANGE);
    if (GetParam().sector_bytes == 4096) {
        EXPECT_EQ(guest_.ask(read_of(1, 8)), PV_BLK_STATUS_INVALID);
        EXPECT_EQ(guest_.ask(read_of(8, 1)), PV_BLK_STATUS_INVALID);
    }
    EXPECT_EQ(bench_.supervisor.refused(Refusal::past_end), 2U);
    bench_.end();
}

BlkDisk file_of(uint64_t bytes)
{
    return BlkDisk::of_file(bytes);
}

BlkDisk direct_file_of(uint64_t bytes)
{
    return BlkDisk::of_file(bytes, O_DIRECT);
}

INSTANTIATE_TEST_SUITE_P(All, BlkMedia,
                         testing::Values(MediumCase{"file", file_of, true, 512},
                                         MediumCase{"file_of_4096", file_of, true, 4096},
                                         MediumCase{"file_not_registered", file_of, false, 512},
                                         MediumCase{"memory", BlkDisk::memory, true, 512},
                                         MediumCase{"memory_of_4096", BlkDisk::memory, true, 4096}),
                         [](const auto &param_info) { return std::string(param_info.param.name); });

TEST(BlkProcessTest, WorksWithoutTheHostsCache)
{
    BlkBench bench(direct_file_of(16 * mebibyte));
    bench.begin();
    const auto content = random_bytes(mebibyte, 5);
    bench.guest.put_data(0, content);
    EXPECT_EQ(bench.guest.ask(write_of(0, 2048)), 0);
    bench.guest.fill(0, mebibyte, 0);
    EXPECT_EQ(bench.guest.ask(read_of(0, 2048)), 0);
    EXPECT_EQ(bench.guest.get_data(0, mebibyte) == content, true);
    // Two extents, and the last byte of them.
    const std::array pieces = {Piece{8192, 4096}, Piece{0, 8192}};
    EXPECT_EQ(bench.guest.ask(bench.guest.indirect(request_of(PV_BLK_READ, 2024), pieces)), 0);
    EXPECT_EQ(std::ranges::equal(bench.guest.get_data(4096, 4096), std::span(content).last(4096)),
              true);
    bench.end();
}

TEST(BlkProcessTest, NullIsNowhere)
{
    BlkBench bench(BlkDisk::null());
    bench.begin();
    bench.guest.fill(0, 8192, 0xee);
    EXPECT_EQ(bench.guest.ask(read_of(0, 16)), 0);
    EXPECT_TRUE(bench.guest.holds(0, 8192, 0xee)) << "reads leave buffers as they are";
    EXPECT_EQ(bench.guest.ask(write_of(0, 16)), 0);
    EXPECT_EQ(bench.guest.ask(request_of(PV_BLK_FLUSH)), 0);
    EXPECT_EQ(bench.guest.ask(clear_of(PV_BLK_WRITE_ZEROES, 0, 8)), 0);
    EXPECT_EQ(bench.guest.ask(clear_of(PV_BLK_DISCARD, 0, 8)), 0);
    EXPECT_EQ(bench.guest.ask(read_of(uint64_t{1} << 40, 8)), PV_BLK_STATUS_RANGE);
    bench.end();
}

// ---- many at once ----

// Keeps all queues full until so many were answered; every one with status 0.
uint64_t keep_busy(BlkGuest &guest, uint64_t requests, const pv_blk_request &request)
{
    uint64_t put = 0;
    uint64_t answered = 0;
    const uint64_t until = clock_now() + 20000000000;

    while (answered < requests && clock_now() < until && !guest.refused()) {
        for (uint32_t queue = 0; queue < guest.shape().queues; queue++) {
            while (put < requests && guest.put(request, queue))
                put++;
            guest.publish(queue);
            for (const BlkAnswer &answer : guest.take(queue))
                answered += answer.status == 0 ? 1 : 0;
        }
    }
    return answered;
}

TEST(BlkProcessTest, ServesManyQueues)
{
    for (const uint32_t queues : {2U, 5U, PV_BLK_QUEUES_LIMIT}) {
        BlkBench bench(BlkDisk::null(), {.queues = queues, .depth = 16});
        bench.begin();
        EXPECT_EQ(keep_busy(bench.guest, 20000, read_of(0, 8)), 20000U);
        bench.end();
        EXPECT_EQ(bench.supervisor.counts().requests, 20000U);
    }
}

TEST(BlkProcessTest, ServesTheDeepestQueue)
{
    BlkBench bench(BlkDisk::of_file(16 * mebibyte), {.depth = PV_RING_SLOTS_MAX});
    bench.begin();
    // All in flight before the first is looked at.
    for (uint32_t i = 0; i < PV_RING_SLOTS_MAX; i++)
        ASSERT_TRUE(bench.guest.put(read_of(i % 1024, 1, uint64_t{i % 2048} * 512)).has_value());
    bench.guest.publish();
    uint32_t answered = 0;
    while (answered < PV_RING_SLOTS_MAX && bench.guest.await())
        for (const BlkAnswer &answer : bench.guest.take())
            answered += answer.status == 0 ? 1 : 0;
    EXPECT_EQ(answered, PV_RING_SLOTS_MAX);
    bench.end();
}

TEST(BlkProcessTest, ServesAllQueuesAtTheirDeepest)
{
    BlkBench bench(BlkDisk::null(), {.queues = PV_BLK_QUEUES_LIMIT, .depth = PV_RING_SLOTS_MAX});
    bench.begin();
    EXPECT_EQ(keep_busy(bench.guest, 20000, read_of(0, 1)), 20000U);
    bench.end();
}

TEST(BlkProcessTest, ServesSmallRings)
{
    BlkBench bench(BlkDisk::of_file(mebibyte), {.queues = 2, .depth = PV_RING_SLOTS_MIN});
    bench.begin();
    EXPECT_EQ(keep_busy(bench.guest, 2000, write_of(0, 8)), 2000U);
    bench.end();
}

// More requests than the data ring has room for.
TEST(BlkProcessTest, WaitsForRoomInItsRing)
{
    BlkDisk disk = BlkDisk::of_file(16 * mebibyte);
    disk.in_flight = 4;
    BlkBench bench(std::move(disk), {.queues = 2});
    bench.begin();
    EXPECT_EQ(keep_busy(bench.guest, 5000, read_of(0, 8)), 5000U);
    bench.end();
}

TEST(BlkProcessTest, ServesIndicesThatWrap)
{
    BlkBench bench(BlkDisk::of_file(mebibyte), {.queues = 2, .index = 0U - 1000});
    ConnectWords words;
    words.resumed = true;
    bench.process = bench.supervisor.start(words);
    ASSERT_EQ(bench.process->hear(), "connected");
    EXPECT_EQ(keep_busy(bench.guest, 10000, read_of(0, 8)), 10000U);
    bench.end();
}

// Writes that overlap land in their order, however many are on their way.
TEST(BlkProcessTest, KeepsOverlappingWritesInTheirOrder)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    bench.begin();
    for (uint32_t round = 0; round < 200; round++) {
        const uint64_t first = uint64_t{round} % 7 * 8;
        for (uint32_t i = 0; i < 16; i++) {
            bench.guest.fill(uint64_t{i} * 8192, 8192, static_cast<unsigned char>(round + i));
            ASSERT_TRUE(bench.guest.put(write_of(first + i % 3, 16, uint64_t{i} * 8192)));
        }
        bench.guest.publish();
        std::size_t answered = 0;
        while (answered < 16 && bench.guest.await())
            answered += bench.guest.take().size();
        ASSERT_EQ(answered, 16U);
        // The last one at sector first + 0, whole.
        ASSERT_TRUE(bench.disk.holds(first * 512, 8192, static_cast<unsigned char>(round + 15)));
    }
    EXPECT_GT(bench.supervisor.counts().held, 0U);
    bench.end();
}

TEST(BlkProcessTest, TakesWhatWasAskedBeforeItCame)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    ASSERT_TRUE(bench.guest.put(read_of(0, 8)).has_value());
    bench.guest.publish();
    bench.process = bench.supervisor.start();
    EXPECT_TRUE(bench.guest.await());
    EXPECT_EQ(bench.guest.take().size(), 1U);
    EXPECT_EQ(bench.process->hear(), "connected");
    bench.end();
}

TEST(BlkProcessTest, NotifiesWhenItConnects)
{
    BlkBench bench(BlkDisk::null(), {.queues = 3});
    bench.begin();
    for (uint32_t queue = 0; queue < 3; queue++) {
        EXPECT_TRUE(bench.guest.queue(queue).port.await_event(5000));
        EXPECT_FALSE(bench.guest.queue(queue).port.await_event(20)) << "once";
    }
}

TEST(BlkProcessTest, FinishesWhatIsOnItsWay)
{
    BlkBench bench(direct_file_of(64 * mebibyte), {.data_bytes = 16 * mebibyte});
    bench.begin();
    for (uint64_t i = 0; i < 16; i++)
        ASSERT_TRUE(bench.guest.put(write_of(i * 2048, 2048, i * mebibyte)).has_value());
    bench.guest.publish();
    while (bench.supervisor.log().queue(0).requests_taken != 16)
        std::this_thread::yield();
    bench.process->say_disconnect();
    EXPECT_EQ(bench.process->hear(), "disconnected");
    const std::vector<BlkAnswer> answers = bench.guest.take();
    EXPECT_EQ(answers.size(), 16U);
    for (const BlkAnswer &answer : answers)
        EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(bench.process->end(), 0);
    EXPECT_FALSE(bench.guest.pinned());
}

// A guest that never sleeps keeps no word of the supervisor's away.
TEST(BlkProcessTest, HearsItsSupervisorWhileItIsBusy)
{
    for (const bool polite : {true, false}) {
        BlkBench bench(BlkDisk::null());
        bench.begin();
        std::jthread busy([&](const std::stop_token &stop) {
            while (!stop.stop_requested()) {
                while (bench.guest.put(read_of(0, 8)))
                    ;
                bench.guest.publish();
                (void)bench.guest.take();
            }
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        // Nor does a word that means nothing keep the next one away.
        bench.process->say_connect();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (polite) {
            bench.process->say_disconnect();
            EXPECT_EQ(bench.process->hear(), "disconnected");
        } else {
            bench.process->hang_up();
        }
        EXPECT_TRUE(bench.process->ends());
        EXPECT_EQ(bench.process->end(), 0);
    }
}

TEST(BlkProcessTest, GrowsWithItsDisk)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    bench.begin();
    EXPECT_EQ(bench.guest.ask(read_of(2048, 8)), PV_BLK_STATUS_RANGE);
    ASSERT_EQ(ftruncate(bench.disk.file.get(), 2 * mebibyte), 0);
    bench.supervisor.settings().sectors = 4096;
    EXPECT_EQ(bench.guest.ask(read_of(2048, 8)), 0);
    bench.end();
}

} // namespace
} // namespace paravane::backend_test
