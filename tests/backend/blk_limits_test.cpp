// SPDX-License-Identifier: Apache-2.0
//
// The disk's backend process where something is short: the medium fails, time is rationed, or there is
// nothing to do.
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
constexpr uint64_t second = 1000000000;
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
    const std::array requests = {read_of(0, 8), write_of(0, 8), request_of(PV_BLK_DISCARD, 0, 8)};
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
    EXPECT_EQ(bench.guest.ask(request_of(PV_BLK_WRITE_ZEROES, 0, 8)), PV_BLK_STATUS_NOT_THERE);
    bench.end();
}

// ---- rates ----

// Keeps the queue full for a while. How many requests a second were answered.
double rate_of(BlkGuest &guest, const pv_blk_request &request, uint64_t ns)
{
    const uint64_t from = clock_now();
    uint64_t answered = 0;

    while (clock_now() < from + ns) {
        while (guest.put(request))
            ;
        guest.publish();
        (void)guest.await(0, 100);
        answered += guest.take().size();
    }
    return static_cast<double>(answered) * static_cast<double>(second) /
           static_cast<double>(clock_now() - from);
}

void expect_rate(BlkGuest &guest, const pv_blk_request &request, double wanted)
{
    // What may come at once has come.
    (void)rate_of(guest, request, 300 * millisecond);
    const double rate = rate_of(guest, request, second);
    EXPECT_NEAR(rate, wanted, 0.05 * wanted);
    std::printf("%.0f a second wanted, %.0f came\n", wanted, rate);
}

TEST(BlkRates, AreKept)
{
    BlkBench bench(BlkDisk::null());
    blk::Settings &settings = bench.supervisor.settings();
    settings.burst_ns = 100 * millisecond;
    settings.operations_a_second = 2000;
    bench.begin();
    expect_rate(bench.guest, read_of(0, 1), 2000);
    settings.operations_a_second = 20000;
    expect_rate(bench.guest, read_of(0, 1), 20000);
    settings.bytes_a_second = 64 * mebibyte;
    expect_rate(bench.guest, read_of(0, 128), 1024);
    settings.operations_a_second = 500;
    expect_rate(bench.guest, read_of(0, 128), 500);
    settings.operations_a_second = 0;
    settings.bytes_a_second = 256 * mebibyte;
    expect_rate(bench.guest, read_of(0, 1024), 512);
    settings.bytes_a_second = 0;
    EXPECT_GT(rate_of(bench.guest, read_of(0, 128), 300 * millisecond), 5000);
    bench.end();
}

TEST(BlkRates, ChangeForWhoWaitsForThem)
{
    BlkBench bench(BlkDisk::null());
    blk::Settings &settings = bench.supervisor.settings();
    settings.bytes_a_second = 1024;
    settings.burst_ns = millisecond;
    bench.begin();
    // The second one would wait for a quarter of an hour.
    ASSERT_TRUE(bench.guest.put(read_of(0, 2048)) && bench.guest.put(read_of(0, 2048)));
    bench.guest.publish();
    ASSERT_TRUE(bench.guest.await());
    EXPECT_EQ(bench.guest.take().size(), 1U);
    EXPECT_FALSE(bench.guest.await(0, 300));
    const uint64_t before = bench.process->processor_time();
    EXPECT_FALSE(bench.guest.await(0, 200));
    EXPECT_LT(bench.process->processor_time() - before, 10 * millisecond) << "it sleeps";
    settings.bytes_a_second = 1024 * mebibyte;
    EXPECT_TRUE(bench.guest.await(0, 1000));
    bench.end();
}

TEST(BlkRates, SpareWhatMovesNothing)
{
    BlkBench bench(BlkDisk::null());
    bench.supervisor.settings().operations_a_second = 1;
    bench.begin();
    const uint64_t from = clock_now();
    for (int i = 0; i < 20; i++)
        EXPECT_EQ(bench.guest.ask(request_of(PV_BLK_FLUSH)), 0);
    EXPECT_LT(clock_now() - from, second);
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
