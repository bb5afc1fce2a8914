// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/blk.hpp"

#include <algorithm>
#include <chrono>

#include "backend/supervisor/drain.hpp"

namespace paravane {

namespace asio = boost::asio;

namespace {

using Clock = Signal::Clock;
using namespace std::chrono_literals;

// More are not begun at once, and so not on their way after a death.
constexpr uint32_t begun_max = 4096;
// How often a drain is looked at, more and more seldom, and told of.
constexpr std::chrono::microseconds first_pause{100};
constexpr std::chrono::microseconds longest_pause{5000};
constexpr std::chrono::seconds tell_time = 1s;
// A process without requests that takes so long to die was kept by the kernel, which had begun with some.
constexpr std::chrono::milliseconds notable{20};

struct Queues {
    uint32_t count;
    uint32_t depth;
};

Result<Queues> queues_of(const Claim &claim, const DiskSettings &settings)
{
    const std::size_t count = claim.ports.size();
    const uint32_t depth = claim.rings.front().size;

    if (claim.rings.size() != 2 * count)
        return Problem{std::to_string(claim.rings.size()) + " rings and " + std::to_string(count) +
                       " ports: a queue has two rings and one port"};
    if (!pv_is_power_of_two(depth) || depth < PV_RING_SLOTS_MIN || depth > settings.depth_max)
        return Problem{"rings of " + std::to_string(depth) + " slots: a power of two from " +
                       std::to_string(PV_RING_SLOTS_MIN) + " to " +
                       std::to_string(settings.depth_max) + " is needed"};
    if (std::any_of(claim.rings.begin(), claim.rings.end(),
                    [depth](const ClaimedRing &ring) { return ring.size != depth; }))
        return Problem{"the rings of a disk have the same number of slots"};
    return Queues{static_cast<uint32_t>(count), depth};
}

std::string count_of(uint32_t requests)
{
    return std::to_string(requests) + (requests == 1 ? " request" : " requests");
}

} // namespace

BlkEnds::BlkEnds(asio::io_context &loop, Disk disk, std::string name, Tell tell)
    : disk_(std::move(disk)), name_(std::move(name)), tell_(std::move(tell)), abandon_(loop)
{
    disk_.settings.queues_max = std::clamp(disk_.settings.queues_max, 1U, PV_BLK_QUEUES_LIMIT);
}

BlkEnds::~BlkEnds() = default;

DeviceKind BlkEnds::kind() const
{
    return {.name = "blk",
            .program = "paravane-blk",
            .offer = {1, PV_BLK_VERSION, disk_.file->features()},
            .rings_min = 2,
            .rings_max = 2 * disk_.settings.queues_max,
            .ports_min = 1,
            .ports_max = disk_.settings.queues_max};
}

std::vector<DeviceProperty> BlkEnds::properties() const
{
    const DiskGeometry &geometry = disk_.file->geometry();

    return {{PV_BLK_SECTORS, std::to_string(geometry.sectors)},
            {PV_BLK_SECTOR_BYTES, std::to_string(geometry.sector_bytes)},
            {PV_BLK_BLOCK_BYTES, std::to_string(geometry.block_bytes)},
            {PV_BLK_OPTIMAL_BYTES, std::to_string(geometry.optimal_bytes)},
            {PV_BLK_DISCARD_BYTES, std::to_string(geometry.discard_bytes)},
            {PV_BLK_QUEUES_MAX, std::to_string(disk_.settings.queues_max)},
            {PV_BLK_DEPTH_MAX, std::to_string(disk_.settings.depth_max)}};
}

Result<std::vector<int>> BlkEnds::prepare(const Claim &claim, bool resumed)
{
    const Result<Queues> queues = queues_of(claim, disk_.settings);

    if (!queues)
        return queues.error();
    if (!resumed || !log_) {
        Result<blk::Log> log = blk::Log::create(queues->count, queues->depth);
        if (!log)
            return log.error();
        log_ = std::move(*log);
    }
    const uint32_t begun = std::min(queues->count * queues->depth, begun_max);
    Result<KeptRing> ring = KeptRing::make(begun, begun);
    if (!ring)
        return ring.error();
    ring_ = std::move(*ring);
    // All of it anew: the process before this one could write there.
    blk::Header &header = log_->header();
    header.queues = log_->queues();
    header.depth = log_->depth();
    header.ring = ring_->params();
    write_settings();
    std::vector<int> fds = {log_->fd()};
    const auto give = [&fds](const SharedBudget &budget) {
        for (const int fd : budget.fds())
            fds.push_back(fd);
    };
    give(*disk_.budget);
    if (disk_.file->medium() != blk::Medium::null)
        fds.push_back(disk_.file->fd());
    if (disk_.group)
        give(*disk_.group);
    return fds;
}

void BlkEnds::write_settings() const
{
    blk::Settings &settings = log_->header().settings;

    settings.medium = disk_.file->medium();
    settings.sector_bytes = disk_.file->geometry().sector_bytes;
    settings.read_only = disk_.file->read_only() ? 1 : 0;
    settings.fixed_buffers = 1;
    settings.sectors = disk_.file->geometry().sectors;
    settings.serial.fill(0);
    disk_.settings.serial.copy(settings.serial.data(), settings.serial.size());
}

std::vector<int> BlkEnds::inherited() const
{
    return {ring_->descriptor()};
}

asio::awaitable<std::string> BlkEnds::drain(Clock::time_point ended)
{
    const uint32_t requests = ring_->in_flight();
    Clock::time_point tell_at = Clock::now() + tell_time;
    std::chrono::microseconds pause = first_pause;

    while (!ring_->drained() && !abandoned_) {
        (void)co_await abandon_.wait_until(Clock::now() + pause);
        pause = std::min(pause * 2, longest_pause);
        if (Clock::now() < tell_at)
            continue;
        tell_at += tell_time;
        tell_(name_ + " has waited " + std::to_string((Clock::now() - ended) / 1s) + " s for " +
              count_of(ring_->in_flight()) + " of its dead backend's");
    }
    // Else nobody goes on from here.
    if (ring_->drained())
        blk::settle(*log_, *ring_);
    ring_.reset();
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - ended);
    const std::string time = std::to_string(took.count()) + " ms";
    if (requests == 0)
        co_return took < notable ? std::string() : "it took " + time + " to end";
    co_return count_of(requests) + " took " + time + " to drain";
}

asio::awaitable<void> BlkEnds::finish()
{
    co_return;
}

uint64_t BlkEnds::progress() const
{
    uint64_t answered = 0;

    for (uint32_t queue = 0; log_ && queue < log_->queues(); queue++)
        answered += log_->queue(queue).responses_given.load(std::memory_order_acquire);
    return answered;
}

void BlkEnds::abandon()
{
    abandoned_ = true;
    abandon_.raise();
}

bool BlkEnds::look_again()
{
    if (!disk_.file->look_again())
        return false;
    // The backend knows before the guest does.
    if (log_)
        log_->header().settings.sectors = disk_.file->geometry().sectors;
    return true;
}

} // namespace paravane
