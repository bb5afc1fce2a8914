// SPDX-License-Identifier: Apache-2.0
//
// Measures a disk: requests of one size at a constant depth, by one vCPU a queue.
#include "frontend-drivers/blk/polled_disk.hpp"
#include "frontend-drivers/blk/workload/run.hpp"
#include "frontend-drivers/blk/workload/verified.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/programs/disk.hpp"
#include "frontend-drivers/keel/programs/settings.hpp"
#include "frontend-drivers/keel/programs/tick_clock.hpp"
#include "frontend-drivers/keel/smp.hpp"

namespace keel::program {

namespace {

using workload::Job;
using workload::Pattern;
using workload::Report;

struct Mode {
    std::string_view name;
    Pattern pattern;
    uint32_t read_percent; // mixed: what `mix` says
};

constexpr uint32_t mixed = UINT32_MAX;
constexpr std::array<Mode, 6> modes = {{
    {"randread", Pattern::random, 100},
    {"read", Pattern::sequential, 100},
    {"randwrite", Pattern::random, 0},
    {"write", Pattern::sequential, 0},
    {"randrw", Pattern::random, mixed},
    {"rw", Pattern::sequential, mixed},
}};

struct Plan {
    std::string_view mode = "randread";
    uint32_t disk = 0;
    uint32_t queues = 1;
    uint64_t region = 0; // bytes; 0: all of the disk
    Job job;
    blk::Waiting waiting = blk::Waiting::poll;
    bool verify = false;
    bool histogram = false;
};

bool read_plan(Words arguments, Plan &plan)
{
    Settings settings(arguments);
    std::string_view wait = "poll";
    uint64_t size = plan.job.bytes;
    uint32_t mix = 70;

    plan.job.time = clock::second;
    plan.job.warm_up = 100 * clock::millisecond;
    settings.number("disk", 0, 999, plan.disk);
    settings.text("rw", plan.mode);
    settings.number("mix", 0, 100, mix);
    settings.number("size", Unit::bytes, PV_BLK_SECTOR,
                    uint64_t{PV_BLK_REQUEST_SECTORS_MAX} * PV_BLK_SECTOR, size);
    settings.number("depth", 1, Job::depth_max, plan.job.depth);
    settings.number("queues", 1, PV_BLK_QUEUES_LIMIT, plan.queues);
    settings.number("region", Unit::bytes, PV_BLK_SECTOR, UINT64_MAX, plan.region);
    settings.number("time", Unit::time, clock::millisecond, 3600 * clock::second, plan.job.time);
    settings.number("warmup", Unit::time, 0, 3600 * clock::second, plan.job.warm_up);
    settings.number("seed", Unit::none, 0, UINT64_MAX, plan.job.seed);
    settings.text("wait", wait);
    plan.verify = settings.word("verify");
    plan.histogram = settings.word("hist");
    plan.job.latency = settings.word("latency") || plan.histogram;

    const auto *mode = std::find_if(modes.begin(), modes.end(),
                                    [&](const Mode &one) { return one.name == plan.mode; });
    std::string_view wrong = settings.wrong();
    if (wrong.empty() && mode == modes.end())
        wrong = plan.mode;
    if (wrong.empty() && wait != "poll" && wait != "sleep")
        wrong = wait;
    if (wrong.empty() && size % PV_BLK_SECTOR != 0)
        wrong = "size";
    if (!wrong.empty()) {
        print("blkbench: this is not understood: {}", wrong);
        return false;
    }
    plan.job.pattern = mode->pattern;
    plan.job.read_percent = mode->read_percent == mixed ? mix : mode->read_percent;
    plan.job.bytes = static_cast<uint32_t>(size);
    plan.waiting = wait == "poll" ? blk::Waiting::poll : blk::Waiting::sleep;
    return true;
}

// One queue's share.
class Load final : public OpenDisk::Worker {
  public:
    Load(const blk::Disk &disk, const Job &job, bool verify)
        : disk_(disk), job_(job), verify_(verify), buffers_(job.depth, job.bytes)
    {
    }

    [[nodiscard]] bool good() const { return buffers_.good(); }
    [[nodiscard]] const Report &report() const { return report_; }
    // Those before the measured time too.
    [[nodiscard]] uint64_t completed() const { return completed_; }
    [[nodiscard]] uint64_t verified() const { return verified_; }
    [[nodiscard]] uint64_t wrong() const { return wrong_; }
    [[nodiscard]] uint64_t first_wrong() const { return first_wrong_; }

    void run(blk::Channel &channel, blk::Attendant &attendant) override
    {
        blk::PolledDisk disk(disk_, channel, buffers_, attendant);

        if (!verify_) {
            workload::run(disk, job_, TickClock(), report_);
            completed_ = disk.completed();
            return;
        }
        auto checked = std::make_unique<workload::Verified<blk::PolledDisk>>(disk, job_.seed);
        Job fill = job_;
        fill.pattern = Pattern::sequential;
        fill.read_percent = 0;
        fill.warm_up = 0;
        fill.time = 0;
        fill.count = job_.sectors / (job_.bytes / PV_BLK_SECTOR);
        workload::run(*checked, fill, TickClock(), report_);
        if (report_.errors == 0)
            workload::run(*checked, job_, TickClock(), report_);
        completed_ = disk.completed();
        verified_ = checked->verified();
        wrong_ = checked->wrong();
        first_wrong_ = checked->first_wrong();
    }

  private:
    const blk::Disk &disk_;
    Job job_;
    bool verify_;
    blk::Buffers buffers_;
    Report report_;
    uint64_t completed_ = 0;
    uint64_t verified_ = 0;
    uint64_t wrong_ = 0;
    uint64_t first_wrong_ = 0;
};

using Loads = std::array<std::unique_ptr<OpenDisk::Worker>, PV_BLK_QUEUES_LIMIT>;

// Each gets an equal part of the region.
bool make_loads(const Plan &plan, const blk::Disk &disk, Loads &loads)
{
    const uint64_t all = disk.sectors();
    const uint64_t region = plan.region == 0 ? all : std::min(all, plan.region / PV_BLK_SECTOR);
    const uint64_t request = plan.job.bytes / PV_BLK_SECTOR;

    for (uint32_t i = 0; i < plan.queues; i++) {
        Job job = plan.job;
        job.sectors = region / plan.queues / request * request;
        job.first = i * job.sectors;
        job.seed += i;
        if (!workload::Requests::fits(job, all) || job.sectors == 0) {
            print("blkbench: {} sectors are too few", all);
            return false;
        }
        auto load = std::make_unique<Load>(disk, job, plan.verify);
        if (!load->good()) {
            print("blkbench: the arena has no room for {} buffers of {} bytes; there are {} KiB",
                  job.depth, job.bytes, arena().free_pages() * 4);
            return false;
        }
        loads[i] = std::move(load);
    }
    return true;
}

void print_histogram(const workload::Histogram &latency)
{
    using workload::Histogram;

    for (std::size_t i = 0; i < Histogram::buckets; i++) {
        if (latency.count(i) != 0)
            print("@pv latency {} {} {}", Histogram::lowest(i), Histogram::highest(i),
                  latency.count(i));
    }
}

uint32_t tell(const Plan &plan, const Loads &loads)
{
    const auto all = std::make_unique<Report>();
    uint64_t completed = 0;
    uint64_t verified = 0;
    uint64_t wrong = 0;

    for (uint32_t i = 0; i < plan.queues; i++) {
        const auto &load = static_cast<const Load &>(*loads[i]);
        all->add(load.report());
        completed += load.completed();
        verified += load.verified();
        if (load.wrong() != 0 && wrong == 0)
            print("blkbench: sector {} is not what was written", load.first_wrong());
        wrong += load.wrong();
    }
    const uint64_t in_flight = uint64_t{plan.job.depth} * plan.queues;
    print("blkbench: {} of {} bytes, depth {}, {} queue(s): {} requests a second, {} MiB/s",
          plan.mode, plan.job.bytes, plan.job.depth, plan.queues, all->requests_a_second(),
          all->bytes_a_second() >> 20);
    if (all->requests != 0)
        print("blkbench: {} requests in {} us: one each {} ns, and each took {} ns on average",
              all->requests, all->ns / clock::microsecond, all->ns / all->requests,
              all->ns * in_flight / all->requests);
    if (plan.job.latency)
        print("blkbench: half within {} ns, 99 % within {}, 99.9 % within {}, all within {}",
              all->p50(), all->p99(), all->p999(), all->max());
    if (plan.verify)
        print("blkbench: {} sectors were read and verified, {} words wrong", verified, wrong);
    if (all->errors != 0)
        print("blkbench: {} requests came back with errors, the first with {}", all->errors,
              all->first_error);
    if (plan.histogram)
        print_histogram(all->latency);
    print("@pv blkbench rw {} size {} depth {} queues {} requests {} ns {} errors {} iops {} "
          "bytes-a-second {} p50 {} p99 {} p999 {} max {} completed {} verified {} wrong {}",
          plan.mode, plan.job.bytes, plan.job.depth, plan.queues, all->requests, all->ns,
          all->errors, all->requests_a_second(), all->bytes_a_second(), all->p50(), all->p99(),
          all->p999(), all->max(), completed, verified, wrong);
    return all->errors == 0 && wrong == 0 && all->requests != 0 ? 0 : 1;
}

} // namespace

uint32_t blkbench(Words arguments)
{
    Plan plan;
    // Their buffers go after the disk, which may still be using them.
    Loads loads;

    if (!read_plan(arguments, plan))
        return status_wrong_usage;
    OpenDisk open(plan.disk, {plan.queues, std::bit_ceil(plan.job.depth), false});
    if (!open.begin("blkbench"))
        return open.requests().shutdown() ? 0 : 1;
    const blk::Disk &disk = open.disk();
    if (disk.queues() < plan.queues || disk.channel(plan.queues - 1).vcpu() != plan.queues - 1) {
        print("blkbench: there are {} queues and {} vCPUs", disk.queues(), smp::prepared());
        return 1;
    }
    if (disk.depth() < plan.job.depth)
        print("blkbench: the host allows only {} in flight", disk.depth());
    if (disk.read_only() && plan.job.read_percent != 100) {
        print("blkbench: the disk is read-only");
        return 1;
    }
    if (!make_loads(plan, disk, loads))
        return 1;
    // Between the two, whoever measures us from outside finds nothing but the load.
    print("@pv blkbench-begins");
    open.run(std::span(loads).first(plan.queues), plan.waiting);
    print("@pv blkbench-ends");
    return tell(plan, loads);
}

} // namespace keel::program
