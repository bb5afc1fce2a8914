// SPDX-License-Identifier: Apache-2.0
//
// Checks a disk: what is written is there, and nothing older, whatever becomes of its backends meanwhile.
#include <algorithm>
#include <bit>

#include "frontend-drivers/blk/check/checker.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/programs/disk.hpp"
#include "frontend-drivers/keel/programs/settings.hpp"
#include "frontend-drivers/keel/smp.hpp"

namespace keel::program {

namespace {

using namespace blk::check;

constexpr uint32_t depth_max = 256;
// What is remembered of a sector is 16 bytes, and all of a queue's must be one piece.
constexpr uint32_t sectors_max = 1 << 17; // a queue

struct Plan {
    uint32_t disk = 0;
    uint32_t queues = 1;
    uint64_t rounds = 20'000;
    uint64_t seed = 0; // 0: another each time
    uint64_t region = uint64_t{32} << 20;
    uint32_t depth = 32;
    blk::Waiting waiting = blk::Waiting::sleep;
    Order order = Order::submission;
    bool errors_allowed = false;
    bool fua = true;
    bool tell = false;
};

bool read_plan(Words arguments, Plan &plan)
{
    Settings settings(arguments);
    std::string_view wait = "sleep";
    std::string_view order = "submission";

    plan.queues = std::min(smp::prepared(), PV_BLK_QUEUES_LIMIT);
    settings.number("disk", 0, 999, plan.disk);
    settings.number("queues", 1, PV_BLK_QUEUES_LIMIT, plan.queues);
    settings.number("rounds", Unit::none, 0, UINT32_MAX, plan.rounds);
    settings.number("seed", Unit::none, 0, UINT64_MAX, plan.seed);
    settings.number("region", Unit::bytes, uint64_t{1} << 16, UINT64_MAX, plan.region);
    settings.number("depth", 1, depth_max, plan.depth);
    settings.text("wait", wait);
    settings.text("order", order);
    plan.errors_allowed = settings.word("errors");
    plan.fua = !settings.word("no-fua");
    plan.tell = settings.word("lasting");

    std::string_view wrong = settings.wrong();
    if (wrong.empty() && wait != "poll" && wait != "sleep")
        wrong = wait;
    if (wrong.empty() && order != "submission" && order != "any")
        wrong = order;
    if (!wrong.empty()) {
        print("blkcheck: this is not understood: {}", wrong);
        return false;
    }
    plan.waiting = wait == "poll" ? blk::Waiting::poll : blk::Waiting::sleep;
    plan.order = order == "any" ? Order::any : Order::submission;
    if (plan.seed == 0)
        plan.seed = clock::counter();
    return true;
}

class Share final : public OpenDisk::Worker {
  public:
    explicit Share(const Task &task) : checker_(task) {}

    void run(blk::Channel &channel, blk::Attendant &attendant) override
    {
        checker_.run(channel, attendant);
    }
    [[nodiscard]] const Checker &checker() const { return checker_; }

  private:
    Checker checker_;
};

using Shares = std::array<std::unique_ptr<OpenDisk::Worker>, PV_BLK_QUEUES_LIMIT>;

const Checker &checker_of(const std::unique_ptr<OpenDisk::Worker> &share)
{
    return static_cast<const Share &>(*share).checker();
}

// For who takes the power away, and looks what is left.
void tell_lasting(const Region &region, Lasting what, uint32_t generation)
{
    print("@pv blkcheck-lasting {} {} {}", what == Lasting::until ? "until" : "one", region.first,
          generation);
}

// Each gets an equal part of the region for itself, and of the arena.
bool make_shares(const Plan &plan, blk::Disk &disk, Shares &shares)
{
    const uint32_t unit = disk.geometry().sector_bytes / PV_BLK_SECTOR;
    const uint64_t region = std::min(disk.sectors(), plan.region / PV_BLK_SECTOR);
    const auto sectors =
        static_cast<uint32_t>(std::min<uint64_t>(region / plan.queues, sectors_max) / unit * unit);
    const uint64_t features = disk.device().terms().features;
    const bool indirect = (features & PV_BLK_FEATURE_INDIRECT) != 0;
    const uint64_t pages = std::min<uint64_t>(arena().free_pages() / 2 / plan.queues, 2048);

    if (sectors == 0) {
        print("blkcheck: {} sectors are too few", disk.sectors());
        return false;
    }
    for (uint32_t i = 0; i < plan.queues; i++) {
        Task task;
        task.region = {uint64_t{i} * sectors, sectors, unit};
        task.operations = blk::operations_of(features);
        task.depth = std::min(plan.depth, disk.depth());
        task.pages = static_cast<uint32_t>(pages);
        task.rounds = (plan.rounds + plan.queues - 1) / plan.queues;
        task.seed = plan.seed + i;
        task.run = plan.seed;
        task.order = plan.order;
        task.indirect = indirect;
        task.fua = plan.fua;
        task.tell = plan.tell ? tell_lasting : nullptr;
        auto share = std::make_unique<Share>(task);
        if (!share->checker().good()) {
            print("blkcheck: the arena has no room for the data");
            return false;
        }
        shares[i] = std::move(share);
    }
    return true;
}

void tell_wrong(const Wrong &wrong)
{
    const auto found = [&](std::string_view what) {
        print("blkcheck: sector {} {}, after change {} was answered", wrong.sector, what,
              wrong.answered);
    };
    const Stamp &stamp = wrong.content.stamp;

    switch (wrong.verdict) {
    case Verdict::stale:
        print("blkcheck: sector {} holds change {} again, after change {} was answered",
              wrong.sector, stamp.generation, wrong.answered);
        break;
    case Verdict::misplaced:
        print("blkcheck: sector {} holds what was written to sector {}, by change {}", wrong.sector,
              stamp.sector, stamp.generation);
        break;
    case Verdict::lost:
        found("is zero");
        break;
    default:
        found("holds what was never written there");
        break;
    }
    print("@pv blkcheck-wrong {} sector {} answered {} found {} at {}", name_of(wrong.verdict),
          wrong.sector, wrong.answered, stamp.generation, stamp.sector);
}

uint32_t tell(const Plan &plan, blk::Disk &disk, const Shares &shares)
{
    Counts all;
    bool wrong = false;
    bool complete = true;

    for (uint32_t i = 0; i < plan.queues; i++) {
        const Checker &checker = checker_of(shares[i]);
        all.add(checker.counts());
        complete = complete && checker.complete();
        if (is_wrong(checker.wrong().verdict) && !wrong)
            tell_wrong(checker.wrong());
        wrong = wrong || is_wrong(checker.wrong().verdict);
    }
    if (all.errors != 0)
        print("blkcheck: {} requests came back with errors, the first with {}", all.errors,
              all.first_error);
    if (!wrong && !complete)
        print("blkcheck: it ended before everything was answered and read back");
    if (!wrong && complete)
        print("blkcheck: {} requests, {} sectors verified, all as they should be", all.requests,
              all.sectors);
    print("@pv blkcheck seed {} requests {} reads {} writes {} flushes {} zeroes {} discards {} "
          "indirect {} sectors {} mixed {} errors {} connections {} complete {}",
          plan.seed, all.requests, all.reads, all.writes, all.flushes, all.zeroes, all.discards,
          all.indirect, all.sectors, all.mixed, all.errors, disk.device().connections(), complete);
    return wrong || !complete || (all.errors != 0 && !plan.errors_allowed) ? 1 : 0;
}

} // namespace

uint32_t blkcheck(Words arguments)
{
    Plan plan;
    // Their memory goes after the disk, which may still be using it.
    Shares shares;

    if (!read_plan(arguments, plan))
        return status_wrong_usage;
    OpenDisk open(plan.disk, {plan.queues, std::bit_ceil(plan.depth), true});
    if (!open.begin("blkcheck"))
        return open.requests().shutdown() ? 0 : 1;
    blk::Disk &disk = open.disk();
    // A host that offers fewer queues gets fewer used.
    plan.queues = std::min(plan.queues, disk.queues());
    if (disk.channel(plan.queues - 1).vcpu() != plan.queues - 1) {
        print("blkcheck: there are {} vCPUs for {} queues", smp::prepared(), plan.queues);
        return 1;
    }
    if (!make_shares(plan, disk, shares))
        return 1;
    open.run(std::span(shares).first(plan.queues), plan.waiting);
    return tell(plan, disk, shares);
}

} // namespace keel::program
