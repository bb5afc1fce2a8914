// SPDX-License-Identifier: Apache-2.0
//
// Workloads on disks that only pretend, by clocks that only count.
#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/blk/workload/run.hpp"
#include "frontend-drivers/blk/workload/verified.hpp"

namespace keel::workload {
namespace {

// A ns each tick, and a tick each reading.
struct Clock {
    explicit Clock(uint64_t &now) : now_(&now) {}
    [[nodiscard]] uint64_t ticks() const { return ++*now_; }
    [[nodiscard]] uint64_t nanoseconds(uint64_t ticks) const { return ticks; }

  private:
    uint64_t *now_;
};

constexpr uint32_t buffer_bytes = 4096;

// Answers what was started, in any order, some of it at a time.
class Disk {
  public:
    bool put(const Io &io)
    {
        if (flying_.size() + put_.size() >= room)
            return false;
        EXPECT_TRUE(tags_.insert(io.tag).second) << "a tag that is in flight";
        EXPECT_EQ(io.buffer, io.tag);
        put_.push_back(io);
        all.push_back(io);
        return true;
    }
    void kick()
    {
        EXPECT_FALSE(put_.empty());
        flying_.insert(flying_.end(), put_.begin(), put_.end());
        put_.clear();
        kicks++;
    }
    template <class Done> uint32_t poll(Done &&done)
    {
        EXPECT_TRUE(put_.empty()) << "polled before it was started";
        deepest = std::max(deepest, flying_.size());
        uint32_t count = 0;
        for (auto some = random_() % 4; some > 0 && !flying_.empty(); some--) {
            const auto at = static_cast<std::ptrdiff_t>(random_() % flying_.size());
            const Io io = flying_[static_cast<std::size_t>(at)];
            flying_.erase(flying_.begin() + at);
            tags_.erase(io.tag);
            if (move_data)
                move(io);
            count++;
            answered++;
            done(io.tag, answered % errors_each == 0 ? -5 : 0);
        }
        return count;
    }
    [[nodiscard]] uint64_t sectors() const { return 1000; }
    [[nodiscard]] pv_shared buffer(uint32_t number)
    {
        return pv_shared_from_pointer(buffers_[number].data());
    }
    [[nodiscard]] bool ended() const { return answered >= end_after; }
    [[nodiscard]] std::size_t in_flight() const { return flying_.size() + put_.size(); }
    [[nodiscard]] std::vector<unsigned char> &content() { return content_; }

    std::size_t room = 1024;
    uint64_t errors_each = UINT64_MAX;
    uint64_t end_after = UINT64_MAX;
    bool move_data = false;
    std::vector<Io> all;
    uint64_t kicks = 0;
    uint64_t answered = 0;
    std::size_t deepest = 0;

  private:
    void move(const Io &io)
    {
        auto *at = &content_[io.sector * 512];
        auto &buffer = buffers_[io.buffer];

        if (io.kind == Kind::read)
            std::copy_n(at, io.sectors * 512, buffer.begin());
        else
            std::copy_n(buffer.begin(), io.sectors * 512, at);
    }

    std::mt19937 random_{7};
    std::vector<Io> put_;
    std::vector<Io> flying_;
    std::set<uint32_t> tags_;
    std::map<uint32_t, std::array<unsigned char, buffer_bytes>> buffers_;
    std::vector<unsigned char> content_ = std::vector<unsigned char>(512'000, 0xee);
};

static_assert(PolledDisk<Disk>);

class BlkWorkload : public ::testing::Test {
  protected:
    Report measure(const Job &job) { return run(*disk, job, Clock(now)); }

    std::unique_ptr<Disk> disk = std::make_unique<Disk>();
    uint64_t now = 0;
};

Job counted(uint64_t count)
{
    Job job;
    job.count = count;
    job.depth = 8;
    return job;
}

TEST_F(BlkWorkload, KeepsTheDiskAsBusyAsItIsTold)
{
    const Report report = measure(counted(5000));

    EXPECT_EQ(report.requests, 5000U);
    EXPECT_EQ(report.bytes, 5000U * 4096);
    EXPECT_EQ(report.errors, 0U);
    EXPECT_GT(report.ns, 0U);
    EXPECT_EQ(disk->deepest, 8U);
    EXPECT_EQ(disk->in_flight(), 0U);
    EXPECT_LT(disk->kicks, 5000U);
    EXPECT_EQ(report.latency.total(), 0U);
}

TEST_F(BlkWorkload, AsksForEveryPlaceOfItsRegionAndNoOther)
{
    Job job = counted(5000);
    std::set<uint64_t> places;

    job.bytes = 1024;
    job.first = 101;
    job.sectors = 201;
    (void)measure(job);
    for (const Io &io : disk->all) {
        EXPECT_EQ(io.sectors, 2U);
        EXPECT_EQ((io.sector - 101) % 2, 0U);
        EXPECT_LE(io.sector + io.sectors, 302U);
        EXPECT_GE(io.sector, 101U);
        places.insert(io.sector);
    }
    EXPECT_EQ(places.size(), 100U);
}

TEST_F(BlkWorkload, GoesStraightOnAndBeginsAgain)
{
    Job job = counted(300);

    job.pattern = Pattern::sequential;
    job.sectors = 80;
    (void)measure(job);
    for (std::size_t i = 0; i < disk->all.size(); i++)
        EXPECT_EQ(disk->all[i].sector, i % 10 * 8);
}

TEST_F(BlkWorkload, ReadsAsManyOfAHundredAsItIsTold)
{
    for (const uint32_t percent : {0U, 30U, 70U, 100U}) {
        Job job = counted(20'000);
        disk = std::make_unique<Disk>();
        job.read_percent = percent;
        (void)measure(job);
        const auto reads = static_cast<uint64_t>(
            std::count_if(disk->all.begin(), disk->all.end(),
                          [](const Io &io) { return io.kind == Kind::read; }));
        const uint64_t share = reads * 1000 / disk->all.size();
        EXPECT_NEAR(static_cast<double>(share), percent * 10.0, percent % 100 == 0 ? 0 : 15);
    }
}

TEST_F(BlkWorkload, IsTheSameForTheSameSeed)
{
    const auto sectors_of = [this](uint64_t seed) {
        Job job = counted(100);
        std::vector<uint64_t> sectors;
        disk = std::make_unique<Disk>();
        job.seed = seed;
        (void)measure(job);
        for (const Io &io : disk->all)
            sectors.push_back(io.sector);
        return sectors;
    };

    EXPECT_EQ(sectors_of(1), sectors_of(1));
    EXPECT_NE(sectors_of(1), sectors_of(2));
}

TEST_F(BlkWorkload, MeasuresAsLongAsItIsToldAfterItHasWarmedUp)
{
    Job job;

    job.depth = 4;
    job.warm_up = 1000;
    job.time = 3000;
    const Report report = measure(job);
    EXPECT_GE(report.ns, 3000U);
    EXPECT_LT(report.ns, 3100U);
    EXPECT_GE(now, 4000U);
    // What was answered in the warm-up is not counted.
    EXPECT_LT(report.requests, disk->answered * 9 / 10);
    EXPECT_GT(report.requests, disk->answered / 2);
    EXPECT_EQ(disk->in_flight(), 0U);
}

TEST_F(BlkWorkload, MeasuresLatencyWhereThatIsWanted)
{
    Job job = counted(3000);

    job.latency = true;
    const Report report = measure(job);
    EXPECT_EQ(report.latency.total(), 3000U);
    EXPECT_GT(report.p50(), 0U);
    EXPECT_LE(report.p50(), report.p99());
    EXPECT_LE(report.p99(), report.p999());
    EXPECT_LE(report.p999(), report.max());
}

TEST_F(BlkWorkload, CountsErrors)
{
    disk->errors_each = 10;
    const Report report = measure(counted(1000));

    EXPECT_EQ(report.requests, 1000U);
    EXPECT_EQ(report.errors, 100U);
    EXPECT_EQ(report.first_error, -5);
    EXPECT_EQ(report.bytes, 900U * 4096);
}

TEST_F(BlkWorkload, GetsAlongWithLessRoomThanItsDepth)
{
    disk->room = 3;
    EXPECT_EQ(measure(counted(1000)).requests, 1000U);
    EXPECT_EQ(disk->deepest, 3U);
}

TEST_F(BlkWorkload, LeavesADiskOfWhichNothingIsToBeExpected)
{
    disk->end_after = 100;
    const Report report = measure(counted(UINT64_MAX));

    EXPECT_GE(report.requests, 100U);
    EXPECT_GT(disk->in_flight(), 0U);
}

TEST_F(BlkWorkload, DoesNothingForAJobThatMakesNoSense)
{
    const auto nothing = [this](auto &&change) {
        Job job = counted(10);
        change(job);
        const Report report = measure(job);
        return report.requests == 0 && disk->all.empty();
    };

    EXPECT_TRUE(nothing([](Job &job) { job.bytes = 0; }));
    EXPECT_TRUE(nothing([](Job &job) { job.bytes = 513; }));
    EXPECT_TRUE(nothing([](Job &job) { job.bytes = 1001 * 512; }));
    EXPECT_TRUE(nothing([](Job &job) { job.depth = 0; }));
    EXPECT_TRUE(nothing([](Job &job) { job.depth = Job::depth_max + 1; }));
    EXPECT_TRUE(nothing([](Job &job) { job.first = 1001; }));
    EXPECT_TRUE(nothing([](Job &job) { job.sectors = 1001; }));
    EXPECT_TRUE(nothing([](Job &job) { job.read_percent = 101; }));
    EXPECT_TRUE(nothing([](Job &job) { job.count = 0; }));
    EXPECT_TRUE(nothing([](Job &job) {
        job.first = UINT64_MAX;
        job.sectors = 8;
    }));
    EXPECT_FALSE(nothing([](Job &) {}));
}

TEST_F(BlkWorkload, AddsUpWhatSeveralDid)
{
    Report all;
    Report other;

    other.requests = 10;
    other.bytes = 1000;
    other.ns = 500;
    other.errors = 1;
    other.first_error = -28;
    other.latency.add(7);
    all.add(other);
    other.ns = 400;
    other.first_error = -5;
    all.add(other);
    EXPECT_EQ(all.requests, 20U);
    EXPECT_EQ(all.ns, 500U);
    EXPECT_EQ(all.errors, 2U);
    EXPECT_EQ(all.first_error, -28);
    EXPECT_EQ(all.latency.total(), 2U);
    EXPECT_EQ(all.requests_a_second(), 40'000'000U);
    EXPECT_EQ(all.bytes_a_second(), 4'000'000'000U);
    EXPECT_EQ(Report().requests_a_second(), 0U);
}

class BlkVerified : public BlkWorkload {
  protected:
    BlkVerified() { disk->move_data = true; }

    void write_all(Verified<Disk> &checked)
    {
        Job fill = counted(125);
        fill.pattern = Pattern::sequential;
        fill.read_percent = 0;
        EXPECT_EQ(run(checked, fill, Clock(now)).requests, 125U);
    }
};

TEST_F(BlkVerified, FindsWhatIsThereAsItWasWritten)
{
    Verified checked(*disk, 3);
    Job job = counted(2000);

    write_all(checked);
    job.read_percent = 60;
    EXPECT_EQ(run(checked, job, Clock(now)).requests, 2000U);
    EXPECT_EQ(checked.wrong(), 0U);
    EXPECT_GT(checked.verified(), 5000U);
}

TEST_F(BlkVerified, FindsASectorThatIsNot)
{
    for (const std::size_t offset : {0U, 7U, 504U, 511U}) {
        Verified checked(*disk, 3);

        write_all(checked);
        disk->content()[std::size_t{333} * 512 + offset] ^= 1;
        (void)run(checked, counted(2000), Clock(now));
        EXPECT_GT(checked.wrong(), 0U);
        EXPECT_EQ(checked.first_wrong(), 333U);
    }
}

TEST(BlkHistogram, BucketsFollowEachOther)
{
    for (std::size_t bucket = 0; bucket < Histogram::buckets; bucket++) {
        const uint64_t lowest = Histogram::lowest(bucket);
        const uint64_t highest = Histogram::highest(bucket);

        ASSERT_EQ(Histogram::bucket_of(lowest), bucket);
        ASSERT_EQ(Histogram::bucket_of(highest), bucket);
        ASSERT_EQ(Histogram::bucket_of(highest + 1), bucket + 1);
        // As narrow as is said.
        ASSERT_LE((highest - lowest) * Histogram::steps, lowest);
    }
    EXPECT_EQ(Histogram::highest(Histogram::buckets - 1), Histogram::most);
}

TEST(BlkHistogram, TellsRanks)
{
    Histogram histogram;

    EXPECT_EQ(histogram.at(500), 0U);
    for (uint64_t value = 1; value <= 1000; value++)
        histogram.add(value);
    const auto near = [](uint64_t found, uint64_t expected) {
        return found >= expected && found <= expected + expected / Histogram::steps + 1;
    };
    EXPECT_EQ(histogram.at(0), 1U);
    EXPECT_EQ(histogram.at(1), 1U);
    EXPECT_TRUE(near(histogram.at(500), 500));
    EXPECT_TRUE(near(histogram.at(990), 990));
    EXPECT_EQ(histogram.at(1000), 1000U);
    EXPECT_EQ(histogram.total(), 1000U);
    histogram.add(UINT64_MAX);
    EXPECT_EQ(histogram.greatest(), UINT64_MAX);
    EXPECT_EQ(histogram.count(Histogram::buckets - 1), 1U);
    histogram.clear();
    EXPECT_EQ(histogram.total(), 0U);
    EXPECT_EQ(histogram.greatest(), 0U);
}

TEST(BlkHistogram, OneValueIsAllRanks)
{
    Histogram histogram;

    histogram.add(77);
    for (const uint32_t thousandths : {0U, 1U, 500U, 999U, 1000U})
        EXPECT_EQ(histogram.at(thousandths), 77U);
}

} // namespace
} // namespace keel::workload
