// SPDX-License-Identifier: Apache-2.0
//
// A driver that reads the wrong sectors would be measured as well as any. So what each writes under QEMU is read by
// the host, what the host writes is read under QEMU, and it must be what was written there.
#include <cstdio>
#include <memory>
#include <ostream>
#include <set>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "blk/qemu.hpp"
#include "blk/uring_disk.hpp"
#include "frontend-drivers/blk/workload/run.hpp"
#include "frontend-drivers/blk/workload/verified.hpp"

namespace paravane::bench::blk {

// GoogleTest's name for it.
static void PrintTo(const QemuPlan &plan, std::ostream *out)
{
    *out << plan.name;
}

namespace {

// Around the last sector of which 28 bits are enough, which IDE's shorter commands need.
constexpr uint64_t boundary = uint64_t{1} << 28;
constexpr uint64_t region_sectors = 8192;
constexpr uint64_t first_sector = boundary - region_sectors / 2;
constexpr uint64_t file_bytes = (boundary + region_sectors) * 512;

constexpr const char *path = "peers-check.raw";

struct NoClock {
    [[nodiscard]] uint64_t ticks() const { return 0; }
    [[nodiscard]] uint64_t nanoseconds(uint64_t ticks) const { return ticks; }
};

Job job_of(Pattern pattern, uint32_t read_percent, uint32_t bytes, uint64_t seed)
{
    Job job;

    job.pattern = pattern;
    job.read_percent = read_percent;
    job.bytes = bytes;
    job.depth = 1;
    job.first = first_sector;
    job.sectors = region_sectors;
    job.count = region_sectors * 512 / bytes;
    job.seed = seed;
    return job;
}

struct Found {
    uint64_t errors = 0;
    uint64_t verified = 0;
    uint64_t wrong = 0;
};

Result<Found> on_host(const Job &job)
{
    UringPlan plan;
    plan.depth = job.depth;
    plan.bytes = job.bytes;
    Result<std::unique_ptr<UringDisk>> disk = UringDisk::open(path, plan);
    if (!disk)
        return disk.error();
    const auto verified = std::make_unique<keel::workload::Verified<UringDisk>>(**disk, job.seed);
    const auto report =
        std::make_unique<keel::workload::Report>(keel::workload::run(*verified, job, NoClock()));
    return Found{report->errors, verified->verified(), verified->wrong()};
}

class CheckedPeer : public ::testing::TestWithParam<QemuPlan> {
  protected:
    void SetUp() override
    {
        const Result<QemuFiles> files = find_qemu();
        if (!files)
            GTEST_SKIP() << files.error().text;
        const UniqueFd file(open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_DIRECT, 0600));
        if (!file || ftruncate(file.get(), static_cast<off_t>(file_bytes)) != 0)
            GTEST_SKIP() << "no large file past the cache here";
        Setting setting;
        setting.medium = {path, file_bytes};
        setting.tsc_khz = 1'000'000;
        QemuPlan plan = GetParam();
        plan.pinned = false;
        Result<std::unique_ptr<Qemu>> started = Qemu::start(plan, *files, setting);
        ASSERT_TRUE(started) << started.error().text;
        qemu = std::move(*started);
    }
    void TearDown() override { (void)unlink(path); }

    [[nodiscard]] Result<Found> in_guest(Job job) const
    {
        job.depth = static_cast<uint32_t>(std::min<uint64_t>(qemu->depth_max(), 32));
        const Result<Figures> figures = qemu->run(job, true);
        if (!figures)
            return figures.error();
        return Found{figures->errors, figures->verified, figures->wrong};
    }
    static void expect_no_errors(const Result<Found> &found, const char *which)
    {
        ASSERT_TRUE(found) << which << ": " << found.error().text;
        EXPECT_EQ(found.value().errors, 0U) << which;
    }
    static void expect_all_right(const Result<Found> &found, const char *which)
    {
        expect_no_errors(found, which);
        EXPECT_EQ(found.value().wrong, 0U) << which;
        // Those in flight when the job was over are looked at too.
        EXPECT_GE(found.value().verified, region_sectors) << which;
    }
    void go_through(uint32_t bytes)
    {
        SCOPED_TRACE(bytes);
        Job job = job_of(Pattern::sequential, 0, bytes, bytes);
        expect_no_errors(in_guest(job), "the guest writes");
        job.read_percent = 100;
        expect_all_right(on_host(job), "the host reads what the guest wrote");
        expect_all_right(in_guest(job), "so does the guest");
        job = job_of(Pattern::sequential, 0, 4096, bytes + 1);
        expect_no_errors(on_host(job), "the host writes");
        job = job_of(Pattern::random, 100, bytes, bytes + 1);
        expect_all_right(in_guest(job), "the guest reads what the host wrote");
    }

    std::unique_ptr<Qemu> qemu;
};

TEST_P(CheckedPeer, MovesTheRightSectors)
{
    for (const uint32_t bytes : {4096U, 8192U, 131072U, 524288U})
        go_through(bytes);
}

// One of each kind of driver and of its ways.
std::vector<QemuPlan> plans()
{
    std::vector<QemuPlan> plans;
    std::set<std::string> seen;

    for (const QemuPlan &plan : qemu_plans()) {
        if (seen.insert(open_command(plan) + (plan.iothread ? " iothread" : "")).second)
            plans.push_back(plan);
    }
    return plans;
}

INSTANTIATE_TEST_SUITE_P(Check, CheckedPeer, ::testing::ValuesIn(plans()),
                         [](const ::testing::TestParamInfo<QemuPlan> &of) {
                             std::string name;
                             for (const char character : of.param.name) {
                                 if (std::isalnum(static_cast<unsigned char>(character)) != 0)
                                     name += character;
                             }
                             return name;
                         });

} // namespace
} // namespace paravane::bench::blk
