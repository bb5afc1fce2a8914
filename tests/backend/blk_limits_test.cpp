// SPDX-License-Identifier: Apache-2.0
//
// The disk's backend process where something is short: the medium fails, or there is nothing to do.
#include <array>
#include <cstdlib>
#include <map>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "blk_bench.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {
namespace {

constexpr uint64_t mebibyte = uint64_t{1} << 20;
constexpr uint64_t millisecond = 1000000;

// ---- errors ----

// All at once; the statuses, in the requests' order.
std::vector<int32_t> ask_all(BlkGuest &guest, std::span<const pv_blk_request> requests)
{
    std::map<uint16_t, std::size_t> places;
    std::vector<int32_t> statuses(requests.size(), 1);

    for (std::size_t i = 0; i < requests.size(); i++)
        if (const auto id = guest.put(requests[i]))
            places[*id] = i;
    guest.publish();
    for (std::size_t answered = 0; answered < requests.size() && guest.await();) {
        for (const BlkAnswer &answer : guest.take()) {
            statuses.at(places.at(answer.id)) = answer.status;
            answered++;
        }
    }
    return statuses;
}

using Statuses = std::vector<int32_t>;

TEST(BlkErrors, ArriveWhereTheyBelong)
{
    BlkBench bench(BlkDisk::of_file(16 * mebibyte));
    bench.begin();
    // Behind its back.
    ASSERT_EQ(ftruncate(bench.disk.file.get(), 8 * mebibyte), 0);
    constexpr uint64_t edge = 8 * mebibyte / 512;
    const std::array requests = {read_of(0, 8), read_of(edge, 8), read_of(8, 8),
                                 read_of(edge - 8, 16), read_of(edge - 8, 8)};
    EXPECT_EQ(ask_all(bench.guest, requests),
              (Statuses{0, PV_BLK_STATUS_IO, 0, PV_BLK_STATUS_IO, 0}));
    const std::array refused = {write_of(0, 8), write_of(~uint64_t{0}, 1), write_of(8, 8),
                                write_of(1U << 20, 8)};
    EXPECT_EQ(ask_all(bench.guest, refused),
              (Statuses{0, PV_BLK_STATUS_RANGE, 0, PV_BLK_STATUS_RANGE}));
    bench.end();
}

TEST(BlkErrors, AreTheMediums)
{
    BlkDisk disk = BlkDisk::of_file(mebibyte);
    disk.file = UniqueFd(
        open(("/proc/self/fd/" + std::to_string(disk.file.get())).c_str(), O_RDONLY | O_CLOEXEC));
    BlkBench bench(std::move(disk));
    bench.begin();
    const std::array requests = {read_of(0, 8), write_of(0, 8), read_of(8, 8)};
    EXPECT_EQ(ask_all(bench.guest, requests), (Statuses{0, -EBADF, 0}));
    bench.end();
}

TEST(BlkErrors, WritesToWhatIsReadOnly)
{
    BlkDisk disk = BlkDisk::of_file(mebibyte);
    disk.read_only = true;
    BlkBench bench(std::move(disk));
    // A frontend that has not taken note of it.
    ConnectWords words;
    words.features = PV_BLK_FEATURE_DISCARD;
    bench.begin(words);
    const std::array requests = {read_of(0, 8), write_of(0, 8), clear_of(PV_BLK_DISCARD, 0, 8)};
    EXPECT_EQ(ask_all(bench.guest, requests),
              (Statuses{0, PV_BLK_STATUS_READ_ONLY, PV_BLK_STATUS_READ_ONLY}));
    bench.end();
    EXPECT_TRUE(bench.disk.holds(0, mebibyte, 0));
}

// A file in a file system that is nearly full.
UniqueFd file_without_room(uint64_t bytes)
{
    std::string folder = "/tmp/paravane-XXXXXX";
    UniqueFd file;

    if (mkdtemp(folder.data()) == nullptr)
        return file;
    if (mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0) {
        file = UniqueFd(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        if (file && ftruncate(file.get(), static_cast<off_t>(bytes)) != 0)
            file = UniqueFd();
        umount2(folder.c_str(), MNT_DETACH);
    }
    rmdir(folder.c_str());
    return file;
}

TEST(BlkErrors, WhenTheHostHasNoRoom)
{
    BlkDisk disk;
    disk.medium = blk::Medium::file;
    disk.bytes = 16 * mebibyte;
    disk.file = file_without_room(disk.bytes);
    if (!disk.file)
        GTEST_SKIP() << "no file system can be mounted here";
    BlkBench bench(std::move(disk));
    bench.begin();
    bench.guest.fill(0, mebibyte, 0x11);
    EXPECT_EQ(bench.guest.ask(write_of(0, 1024)), 0);
    EXPECT_EQ(bench.guest.ask(write_of(4096, 2048)), PV_BLK_STATUS_SPACE);
    EXPECT_EQ(bench.guest.ask(read_of(0, 1024)), 0) << "and goes on";
    // Nor can such a file system zero a range.
    EXPECT_EQ(bench.guest.ask(clear_of(PV_BLK_WRITE_ZEROES, 0, 8)), PV_BLK_STATUS_NOT_THERE);
    bench.end();
}

// ---- sleep ----

struct Spent {
    uint64_t ns;
    uint64_t sleeps;
};

Spent spent(BlkBench &bench, uint64_t ms)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const uint64_t ns = bench.process->processor_time();
    const uint64_t sleeps = bench.supervisor.counts().sleeps;
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    return {bench.process->processor_time() - ns, bench.supervisor.counts().sleeps - sleeps};
}

void expect_asleep(BlkBench &bench, const char *why)
{
    const Spent idle = spent(bench, 300);
    EXPECT_EQ(idle.ns, 0U) << why;
    EXPECT_EQ(idle.sleeps, 0U) << why;
}

TEST(BlkSleeps, WhileThereIsNothingToDo)
{
    for (const bool file : {false, true}) {
        BlkBench bench(file ? BlkDisk::of_file(mebibyte) : BlkDisk::null(), {.queues = 4});
        bench.begin();
        expect_asleep(bench, "idle");
        const uint64_t before = bench.supervisor.counts().sleeps;
        for (uint32_t queue = 0; queue < 4; queue++)
            EXPECT_EQ(bench.guest.ask(read_of(0, 8), queue), 0) << "a doorbell wakes it";
        expect_asleep(bench, "idle again");
        EXPECT_GT(bench.supervisor.counts().sleeps, before);
        bench.end();
    }
}

TEST(BlkSleeps, WhenItsRingsAreClosed)
{
    BlkBench bench(BlkDisk::of_file(mebibyte), {.queues = 2});
    bench.begin();
    EXPECT_EQ(bench.guest.ask(read_of(0, 8)), 0);
    pv_producer_close(&bench.guest.queue(0).ring.requests);
    pv_consumer_close(&bench.guest.queue(0).ring.responses);
    bench.guest.queue(0).port.ring();
    expect_asleep(bench, "closed");
    EXPECT_EQ(bench.guest.ask(read_of(0, 8), 1), 0) << "the other one is not";
    expect_asleep(bench, "closed still");
    bench.end();
}

TEST(BlkSleeps, WhenNobodyTakesItsAnswers)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    bench.begin();
    while (bench.guest.put(read_of(0, 8)))
        ;
    bench.guest.publish();
    expect_asleep(bench, "all answered");
    EXPECT_EQ(bench.guest.take().size(), 64U);
    bench.end();
}

// Who is woken for each request is woken by each, and sleeps in between.
TEST(BlkSleeps, BetweenRequestsFarApart)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    bench.begin();
    const uint64_t before = bench.process->processor_time();
    for (int i = 0; i < 50; i++) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        ASSERT_EQ(bench.guest.ask(read_of(0, 8)), 0);
    }
    EXPECT_LT(bench.process->processor_time() - before, 50 * millisecond);
    bench.end();
}

} // namespace
} // namespace paravane::backend_test
