// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/domain.hpp"

#include <algorithm>
#include <chrono>

#include <unistd.h>

#include "hypercall/host/calls.hpp"
#include <paravane/layout.h>

namespace paravane {

namespace {

constexpr uint64_t memory_min = uint64_t{4} << 20;
constexpr uint64_t arena_max = uint64_t{64} << 30;
constexpr uint64_t memory_max = PV_ARENAS - (PV_RAM_HOLE_END - PV_RAM_HOLE);

Result<void> check(const DomainSettings &settings)
{
    if (settings.vcpus == 0 || settings.vcpus > PV_VCPUS_MAX)
        return Problem{"a guest has 1 to " + std::to_string(PV_VCPUS_MAX) + " vCPUs, not " +
                       std::to_string(settings.vcpus)};
    if (settings.memory < memory_min || settings.memory > memory_max ||
        settings.memory % PV_PAGE_SIZE != 0)
        return Problem{"a guest's memory is whole pages, from 4 MiB to 127 GiB, not " +
                       std::to_string(settings.memory) + " bytes"};
    const uint64_t of_host = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                             static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    if (settings.memory > of_host)
        return Problem{"the guest is to have " + std::to_string(settings.memory >> 20) +
                       " MiB of memory, and this host has " + std::to_string(of_host >> 20) +
                       ": give it less with --memory"};
    if (settings.arena > arena_max || settings.arena % PV_PAGE_SIZE != 0)
        return Problem{"a guest's arena is whole pages, at most 64 GiB, not " +
                       std::to_string(settings.arena) + " bytes"};
    if (settings.arena > of_host)
        return Problem{"the guest is to have an arena of " + std::to_string(settings.arena >> 20) +
                       " MiB, and this host has " + std::to_string(of_host >> 20)};
    return {};
}

Result<GuestMemory> make_memory(const DomainSettings &settings)
{
    using Frames = SharedMemory::Frames;
    struct Wanted {
        uint64_t base;
        uint64_t bytes;
        uint32_t flags;
        Frames frames;
    };
    const uint64_t low = std::min<uint64_t>(settings.memory, PV_RAM_HOLE);
    const std::array wanted = {
        Wanted{0, low, PV_MEMORY_RAM, Frames::untouched},
        Wanted{PV_RAM_HOLE_END, settings.memory - low, PV_MEMORY_RAM, Frames::untouched},
        Wanted{PV_HOST_PAGES, PV_HOST_PAGES_SIZE, PV_MEMORY_HOST_WRITES, Frames::touched},
        Wanted{PV_EVENT_AREA, sizeof(pv_event_area), PV_MEMORY_SHARED, Frames::touched},
        Wanted{PV_GRANT_TABLE, PV_GRANT_TABLE_SIZE, PV_MEMORY_SHARED, Frames::untouched},
        Wanted{PV_STORE_AREA, PV_STORE_AREA_SIZE, PV_MEMORY_SHARED, Frames::touched},
        Wanted{PV_ARENAS, settings.arena, PV_MEMORY_ARENA, Frames::untouched},
    };
    GuestMemory memory;

    for (const Wanted &one : wanted) {
        if (one.bytes == 0)
            continue;
        Result<MemoryRegion *> added = memory.add({one.base}, one.bytes, one.flags, one.frames);
        if (!added)
            return added.error();
    }
    return memory;
}

} // namespace

Result<std::unique_ptr<Domain>> Domain::create(const DomainSettings &settings, Host &host)
{
    if (Result<void> good = check(settings); !good)
        return good.error();
    Result<GuestMemory> memory = make_memory(settings);
    if (!memory)
        return memory.error();
    return std::unique_ptr<Domain>(new Domain(settings, std::move(*memory), host));
}

Domain::Domain(DomainSettings settings, GuestMemory memory, Host &host)
    : settings_(std::move(settings)), memory_(std::move(memory)),
      area_(memory_.at({PV_EVENT_AREA})->memory), host_(host),
      events_(settings_.id, settings_.vcpus, area_, host), grants_(memory_)
{
    for (uint32_t vcpu = 0; vcpu < settings_.vcpus; vcpu++)
        vcpus_.push_back(std::make_unique<VcpuState>());
    vcpus_[0]->up = true;
}

void Domain::set_vehicle(Vehicle &vehicle)
{
    vehicle_ = &vehicle;
    events_.set_vehicle(vehicle);
    clock_.emplace(memory_, vehicle.counter_khz());
}

Result<HostEnd> Domain::make_store_port()
{
    const std::lock_guard guard(lock_);
    Result<std::pair<Port, HostEnd>> made = events_.make_fixed();
    if (!made)
        return made.error();
    store_port_ = made->first;
    return std::move(made->second);
}

Outcome Domain::call(VcpuId vcpu, const Call &call)
{
    const std::lock_guard guard(lock_);
    stand_still();
    if (ended_)
        return {0, After::ended};
    Outcome outcome = dispatch(*this, vcpu, call);
    if (call.number == PV_CALL_EVENT || call.number == PV_CALL_GRANT ||
        call.number == PV_CALL_MULTICALL)
        raised_.notify_all();
    // It may have slept.
    stand_still();
    if (ended_)
        outcome.after = After::ended;
    return outcome;
}

void Domain::stand_still()
{
    raised_.wait(lock_, [this] { return !suspended_ || ended_; });
}

void Domain::crash(const std::string &why)
{
    const std::lock_guard guard(lock_);
    if (ended_)
        return;
    (void)host_.console("\n@pv panic " + why + "\n");
    finish(PV_SHUTDOWN_CRASH, 0);
}

void Domain::signalled(Port port)
{
    const std::lock_guard guard(lock_);
    events_.raise(port);
    raised_.notify_all();
}

void Domain::update_clock()
{
    const std::lock_guard guard(lock_);
    clock_->update();
}

void Domain::timer_due(VcpuId vcpu)
{
    const std::lock_guard guard(lock_);
    clock_->update();
    events_.raise_virq(PV_VIRQ_TIMER, vcpu);
    raised_.notify_all();
}

void Domain::raise_virq(uint32_t virq)
{
    const std::lock_guard guard(lock_);
    events_.raise_virq(virq, {});
    raised_.notify_all();
}

void Domain::end(uint32_t reason, uint32_t status)
{
    const std::lock_guard guard(lock_);
    finish(reason, status);
}

void Domain::stop()
{
    const std::lock_guard guard(lock_);
    ended_ = true;
    raised_.notify_all();
    if (vehicle_ != nullptr)
        vehicle_->stop();
}

Result<HostEnd> Domain::bind_host(Port port, DomainId remote)
{
    const std::lock_guard guard(lock_);
    return events_.bind_host(port, remote);
}

void Domain::unbind_host(Port port)
{
    const std::lock_guard guard(lock_);
    events_.unbind_host(port);
}

Result<BackendEnd> Domain::attach(BackendNumber backend)
{
    const std::lock_guard guard(lock_);
    return grants_.attach(backend);
}

void Domain::detach(BackendNumber backend)
{
    const std::lock_guard guard(lock_);
    if (grants_.detach(backend))
        raised_.notify_all();
}

void Domain::unpinned()
{
    const std::lock_guard guard(lock_);
    raised_.notify_all();
}

int64_t Domain::suspend(VcpuId caller)
{
    suspended_ = true;
    vehicle_->hold(caller);
    events_.unbind_hosts();
    host_.suspended();
    stand_still();
    vehicle_->release(caller);
    return static_cast<int64_t>(epoch_);
}

Result<void> Domain::resume(uint64_t epoch)
{
    const std::lock_guard guard(lock_);
    if (!suspended_)
        return Problem{"the guest is not suspended"};
    if (epoch <= epoch_ || epoch > INT64_MAX)
        return Problem{"epoch " + std::to_string(epoch) + " does not come after " +
                       std::to_string(epoch_)};
    const pv_le64 wire = pv_le64_of(epoch);
    (void)memory_.write_as_host({PV_START_INFO + offsetof(pv_start_info, epoch)},
                                {reinterpret_cast<const unsigned char *>(&wire), sizeof(wire)});
    clock_->update();
    epoch_ = epoch;
    suspended_ = false;
    raised_.notify_all();
    return {};
}

void Domain::finish(uint32_t reason, uint32_t status)
{
    if (ended_)
        return;
    ended_ = true;
    raised_.notify_all();
    host_.ended(reason, status);
    vehicle_->stop();
}

bool Domain::any_pending(const std::vector<Port> &ports) const
{
    return std::any_of(ports.begin(), ports.end(),
                       [this](Port port) { return events_.pending(port); });
}

Waited Domain::wait(uint64_t deadline, const std::function<bool()> &done)
{
    using Clock = std::chrono::steady_clock;
    const auto over = [&] { return ended_ || done(); };

    if (deadline == 0) {
        raised_.wait(lock_, over);
    } else {
        const auto ns = std::min<uint64_t>(deadline, INT64_MAX / 2);
        const Clock::time_point until{std::chrono::nanoseconds(static_cast<int64_t>(ns))};
        if (!raised_.wait_until(lock_, until, over))
            return Waited::late;
    }
    return ended_ ? Waited::ended : Waited::done;
}

int64_t Domain::poll(const std::vector<Port> &ports, uint64_t deadline)
{
    if (wait(deadline, [&] { return any_pending(ports); }) != Waited::late)
        return 0;
    clock_->update();
    return -PV_ETIME;
}

} // namespace paravane
