// SPDX-License-Identifier: Apache-2.0
#include "backend/blk/device.hpp"

#include <algorithm>
#include <array>

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include "backend/engine/huge_pages.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::blk {

namespace {

// The disk's own descriptors, in their order: a budget is two. A disk that is nowhere has no medium, and one
// that is in no group has not the last two.
enum OwnFd : std::size_t { log_fd, rates_fd, use_fd, medium_fd };
constexpr uint32_t own_fds_min = medium_fd;
constexpr uint32_t own_fds_max = own_fds_min + 3;

// Tokens of the control loop; doorbells follow.
enum LoopTokens : LoopToken { nobody, supervisor_spoke, data_completed, first_doorbell };

// Files of the control loop; doorbell and event of each port follow.
constexpr LoopFile supervisor_file{0};
constexpr LoopFile completions_file{1};
constexpr uint32_t first_port_file = 2;

LoopFile doorbell_of(uint32_t queue)
{
    return {first_port_file + 2 * queue};
}

LoopFile event_of(uint32_t queue)
{
    return {first_port_file + 2 * queue + 1};
}

// With a core to itself it looks for work so long before it sleeps.
constexpr uint64_t patience_ns = 200000;
constexpr uint64_t longest_request = uint64_t{PV_BLK_REQUEST_SECTORS_MAX} * PV_BLK_SECTOR;
// So often a process with work looks at what is not work.
constexpr uint32_t busy_turns = 1024;
constexpr uint32_t idle_turns = 16;

uint64_t patience_here()
{
    return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? patience_ns : 0;
}

pv_protocol protocol_of(uint64_t features)
{
    uint64_t operations = 1U << PV_BLK_READ | 1U << PV_BLK_IDENTIFY;
    unsigned int flags = 0;

    if ((features & PV_BLK_FEATURE_READ_ONLY) == 0)
        operations |= 1U << PV_BLK_WRITE;
    if ((features & PV_BLK_FEATURE_FLUSH) != 0) {
        operations |= 1U << PV_BLK_FLUSH;
        flags |= PV_BLK_FLAG_FUA;
    }
    if ((features & PV_BLK_FEATURE_DISCARD) != 0)
        operations |= 1U << PV_BLK_DISCARD;
    if ((features & PV_BLK_FEATURE_WRITE_ZEROES) != 0)
        operations |= 1U << PV_BLK_WRITE_ZEROES;
    if ((features & PV_BLK_FEATURE_INDIRECT) != 0)
        flags |= PV_BLK_FLAG_INDIRECT;
    return {operations, static_cast<uint8_t>(flags)};
}

} // namespace

DeviceShape shape()
{
    DeviceShape shape{};

    // What a disk offers its supervisor has compared already with what is wanted of it.
    shape.offer = {1, PV_BLK_VERSION, PV_BLK_FEATURES};
    shape.rings_min = 2;
    shape.rings_max = 2 * PV_BLK_QUEUES_LIMIT;
    shape.ports_min = 1;
    shape.ports_max = PV_BLK_QUEUES_LIMIT;
    shape.descriptors_min = own_fds_min;
    shape.descriptors_max = own_fds_max;
    return shape;
}

Device::Device(Control control, Connection connection, Parts parts)
    : control_(std::move(control)), connection_(std::move(connection)), log_(std::move(parts.log)),
      header_(log_.header()), depth_(log_.depth()), disk_(std::move(parts.disk)),
      flights_(std::size_t{log_.queues()} * depth_), extents_(std::move(parts.extents)),
      changes_(log_.queues() * depth_), backlog_(log_.queues() * depth_),
      budgets_(std::move(parts.budgets)), throttle_(shares_of(budgets_, longest_request)),
      patience_(patience_here()), loop_(std::move(parts.loop))
{
}

Result<std::unique_ptr<Device>> Device::make(Control control, Connection connection,
                                             UniqueFd data_ring)
{
    Result<Log> log = Log::adopt(std::move(connection.descriptors[log_fd]));
    if (!log)
        return log.error();
    const Header &header = log->header();
    std::vector<UniqueFd> &fds = connection.descriptors;
    UniqueFd medium;
    if (header.settings.medium != Medium::null && fds.size() > medium_fd) {
        medium = std::move(fds[medium_fd]);
        fds.erase(fds.begin() + medium_fd);
    }
    Result<std::vector<SharedBudget>> budgets = adopt_budgets(std::span(fds).subspan(rates_fd));
    if (!budgets)
        return budgets.error();
    const SharedMemory &arena = connection.memory->arena();
    const bool is_file = header.settings.medium == Medium::file;
    if (header.settings.medium > Medium::null ||
        (header.settings.medium != Medium::null && !medium))
        return Problem{"a disk without a medium"};
    // Before the first of a device's processes has the kernel hold on to the pages where they are.
    if (is_file && !connection.resumed)
        (void)gather_in_huge_pages(arena.fd(), arena.size());
    Result<std::unique_ptr<DataRing>> ring =
        DataRing::adopt(std::move(data_ring), header.ring, is_file ? medium.get() : -1,
                        {arena.at(0).address, arena.size()}, header.settings.fixed_buffers != 0);
    if (!ring)
        return ring.error();
    HostMemory content;
    if (header.settings.medium == Medium::memory) {
        Result<HostMemory> adopted = HostMemory::adopt(UniqueFd(dup(medium.get())));
        if (!adopted)
            return adopted.error();
        content = std::move(*adopted);
    }
    std::vector<int> files = {control.descriptor(), (*ring)->event()};
    for (const HostPort &port : connection.ports) {
        files.push_back(port.doorbell.get());
        files.push_back(port.event.get());
    }
    Result<std::unique_ptr<Loop>> loop = Loop::make(files);
    if (!loop)
        return loop.error();
    Result<HostMemory> extents = HostMemory::create(uint64_t{log->queues()} * log->depth() *
                                                    PV_BLK_SEGMENTS_MAX * sizeof(DataExtent));
    if (!extents)
        return extents.error();
    Disk disk(header, std::move(*ring), std::move(content));
    Parts parts{std::move(*log), std::move(disk), std::move(*budgets), std::move(*loop),
                std::move(*extents)};
    return std::unique_ptr<Device>(
        new Device(std::move(control), std::move(connection), std::move(parts)));
}

bool Device::attach()
{
    const std::size_t queues = connection_.rings.size() / 2;

    if (connection_.rings.size() != 2 * queues || connection_.ports.size() != queues ||
        queues != log_.queues()) {
        control_.say_refused("rings and ports do not make queues");
        return false;
    }
    rings_.reserve(connection_.rings.size());
    for (std::size_t ring = 0; ring < connection_.rings.size(); ring++) {
        const RingPlace &place = connection_.rings[ring];
        const auto slot =
            static_cast<uint32_t>(ring % 2 == 0 ? sizeof(pv_blk_request) : sizeof(pv_blk_response));
        PinResult pinned =
            connection_.memory->pin({place.grant, place.offset, pv_ring_bytes({depth_, slot})},
                                    GrantAccess::write, PV_RING_LINE);

        if (!pinned || place.size != depth_) {
            control_.say_refused(
                "ring " + std::to_string(ring) + ": " +
                (pinned ? "not as many slots as the others" : name_of(pinned.error())));
            return false;
        }
        rings_.push_back(std::move(*pinned));
    }
    checker_ = std::make_unique<Checker>(*connection_.memory, header_, rings_);
    const pv_protocol protocol = protocol_of(connection_.terms.features);
    for (uint32_t queue = 0; queue < queues; queue++)
        if (!attach_queue(queue, protocol))
            return false;
    reached(Point::attached);
    if (connection_.resumed)
        restore();
    reached(Point::restored);
    return true;
}

bool Device::attach_queue(uint32_t number, const pv_protocol &protocol)
{
    const Pinned &requests = rings_[std::size_t{2} * number];
    const Pinned &responses = rings_[std::size_t{2} * number + 1];
    const pv_rule rule =
        queues_.emplace_back(log_, number)
            .attach(requests.place(), requests.bytes(), responses.place(), responses.bytes(),
                    depth_, protocol, connection_.resumed, violations_);

    if (rule == PV_RULE_KEPT)
        return true;
    control_.say_refused("queue " + std::to_string(number) + ": " + pv_rule_name(rule));
    return false;
}

Result<void> Device::run()
{
    if (!attach())
        return {};
    control_.say_connected();
    loop_->await(supervisor_file, POLLIN, supervisor_spoke);
    loop_->await_event(completions_file, data_completed);
    for (uint32_t queue = 0; queue < queues_.size(); queue++) {
        loop_->await_event(doorbell_of(queue), first_doorbell + queue);
        // The guest may sleep on what an earlier process was to tell it.
        loop_->signal(event_of(queue));
    }
    return serve();
}

Result<void> Device::serve()
{
    while (!ended_) {
        Result<bool> worked = turn();
        if (!worked)
            return worked.error();
        if (const char *rule = broken_rule()) {
            control_.say_refused(rule);
            break;
        }
        if (finished()) {
            control_.say_disconnected();
            break;
        }
        if (*worked) {
            idle_turns_ = 0;
            if (++busy_turns_ % busy_turns == 0) {
                hear();
                // Else it would never hear again.
                if (Result<void> flushed = loop_->flush(); !flushed)
                    return flushed;
            }
        } else if (Result<void> idled = idle(); !idled) {
            return idled;
        }
    }
    return {};
}

Result<bool> Device::turn()
{
    bool worked = false;

    for (uint32_t queue = 0; queue < queues_.size(); queue++)
        worked |= take(queue);
    begin_backlog();
    if (disk_.ring().in_flight() > 0) {
        if (Result<void> submitted = disk_.ring().submit(); !submitted)
            return submitted.error();
        reached(Point::submitted);
        const uint32_t ended =
            disk_.ring().reap([this](const DataCompletion &completion) { completed(completion); });
        if (ended > 0)
            reached(Point::forgotten);
        worked |= ended > 0;
    }
    if (Result<void> shown = show(); !shown)
        return shown.error();
    return worked;
}

bool Device::take(uint32_t number)
{
    // As far as they are taken.
    std::array<Queue::Id, Queue::batch> ids; // NOLINT(cppcoreguidelines-pro-type-member-init)

    if (draining_)
        return false;
    const uint32_t count =
        queues_[number].take(ids, order_, [&](const pv_blk_request &request, Queue::Id id) {
            const Token token(number, id);
            Flight &flight = flight_of(token);
            flight.begun = false;
            flight.has_table = (request.head.flags & PV_BLK_FLAG_INDIRECT) != 0;
            return checker_->check(request, log_.table(number, id), flight.work, extents_of(token));
        });
    for (const Queue::Id id : std::span(ids).first(count)) {
        const Entry &entry = log_.entry(number, id);

        if (entry.status != 0)
            queues_[number].answer(id, entry.status);
        else
            backlog_.push(Token(number, id));
    }
    if (count > 0) {
        requests_ += count;
        header_.counts.requests.store(requests_, std::memory_order_relaxed);
    }
    return count > 0;
}

void Device::begin_backlog()
{
    if (!backlog_.empty())
        throttle_.look();
    while (!backlog_.empty()) {
        const Token token = backlog_.front();

        if (!begin(token))
            return;
    }
}

bool Device::begin(Token token)
{
    Flight &flight = flight_of(token);
    const Work &work = flight.work;

    if (!disk_.has_room())
        return false;
    if (!flight.begun) {
        if (work.changes_disk() && changes_.overlaps(work.offset, work.bytes)) {
            if (!held_)
                header_.counts.held.fetch_add(1, std::memory_order_relaxed);
            held_ = true;
            return false;
        }
        if (!lets(work))
            return false;
        held_ = false;
        flight.begun = true;
        flight.offset = work.offset;
        flight.bytes = work.bytes;
        if (work.changes_disk())
            changes_.begin(work.offset, work.bytes);
        begun_++;
    }
    backlog_.pop();
    const int32_t status = disk_.begin(work, extents_of(token), token);
    if (status <= 0)
        end(token, status);
    else
        reached(Point::started);
    return true;
}

bool Device::lets(const Work &work)
{
    const bool moves = work.operation == PV_BLK_READ || work.operation == PV_BLK_WRITE;

    return !moves || !throttle_.limits() || throttle_.lets(work.bytes, clock_now());
}

void Device::completed(const DataCompletion &completion)
{
    const Token token(completion.token);
    Flight &flight = flight_of(token);

    reached(Point::completed);
    const int32_t status = Disk::completed(flight.work, extents_of(token), completion.result);
    if (status <= 0)
        end(token, status);
    else
        backlog_.push_front(token);
}

void Device::end(Token token, int32_t status)
{
    const Flight &flight = flight_of(token);
    const Entry &entry = log_.entry(token.queue(), token.id());

    if (flight.work.changes_disk())
        changes_.end(flight.offset, flight.bytes);
    begun_--;
    checker_->unpin(entry.request, log_.table(token.queue(), token.id()));
    queues_[token.queue()].answer(token.id(), status);
}

Result<void> Device::show()
{
    bool notified = false;

    for (uint32_t queue = 0; queue < queues_.size(); queue++) {
        if (queues_[queue].show()) {
            loop_->signal(event_of(queue));
            notified = true;
        }
    }
    if (!notified)
        return {};
    Result<void> flushed = loop_->flush();
    reached(Point::notified);
    return flushed;
}

Result<void> Device::idle()
{
    if (++idle_turns_ % idle_turns != 0)
        return {};
    if (idle_turns_ == idle_turns)
        patience_.worked(clock_now());
    const bool expecting = disk_.ring().in_flight() > 0;
    // The kernel may have to finish I/O in a thread of its own on this processor, which would wait there until
    // our time is up.
    if (expecting)
        (void)sched_yield();
    // Who waits for a time knows when there will be work.
    if (waits_for_time() || !patience_.lasts(clock_now(), expecting))
        return sleep();
    // Never between a look at whether this is the end, and sleep.
    hear();
    return {};
}

bool Device::waits_for_time() const
{
    return throttle_.again() != Throttle::never && begun_ == 0;
}

bool Device::may_sleep()
{
    bool quiet = true;

    if (!draining_)
        for (Queue &queue : queues_)
            quiet = queue.arm() && quiet;
    if (disk_.ring().in_flight() > 0)
        quiet = disk_.ring().signal_completions() && quiet;
    return quiet;
}

Result<void> Device::sleep()
{
    const bool for_time = waits_for_time();
    Result<void> waited;

    if (may_sleep()) {
        header_.counts.sleeps.fetch_add(1, std::memory_order_relaxed);
        // Without room it is not asked.
        waited = loop_->wait(disk_.has_room() ? throttle_.again() : Loop::no_deadline);
        if (!for_time)
            patience_.slept(clock_now());
        idle_turns_ = 0;
    }
    disk_.ring().be_quiet();
    hear();
    return waited;
}

void Device::hear()
{
    while (const auto completion = loop_->next()) {
        if (completion->token == supervisor_spoke)
            hear_supervisor();
        else if (completion->token == data_completed)
            loop_->await_event(completions_file, data_completed);
        else if (completion->token >= first_doorbell)
            loop_->await_event(doorbell_of(completion->token - first_doorbell), completion->token);
    }
}

void Device::hear_supervisor()
{
    switch (control_.receive()) {
    case Control::Word::gone:
        ended_ = true;
        return;
    case Control::Word::disconnect:
        draining_ = true;
        break;
    case Control::Word::none:
        break;
    }
    loop_->await(supervisor_file, POLLIN, supervisor_spoke);
}

bool Device::finished() const
{
    return draining_ && backlog_.empty() && begun_ == 0;
}

const char *Device::broken_rule() const
{
    for (const Queue &queue : queues_)
        if (const pv_rule rule = queue.refused(); rule != PV_RULE_KEPT)
            return pv_rule_name(rule);
    return nullptr;
}

} // namespace paravane::blk
