// SPDX-License-Identifier: Apache-2.0
#include "guest/keel_guest.hpp"

#include <chrono>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/eventfd.h>

#include "guest/event_samples.hpp"
#include "guest/pinned.hpp"
#include "guest/threads.hpp"
#include "guest/user_exits.hpp"
#include "hypercall/control/child.hpp"
#include "hypercall/host/start_pages.hpp"
#include "hypercall/kvm/vehicle.hpp"
#include "hypercall/process/vehicle.hpp"

namespace paravane::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t memory = uint64_t{16} << 20;
constexpr std::chrono::seconds patience(10);
constexpr std::chrono::milliseconds settling(1);

// As in keel's bench.cpp.
constexpr uint32_t asked_at = 0x00;
constexpr uint32_t stop_at = 0x40;
constexpr uint32_t done_at = 0x80;
constexpr uint32_t handled_at = 0xc0;
constexpr uint32_t blocks_at = 0x100;
constexpr uint32_t board_bytes = 0x140;

} // namespace

KeelGuest::~KeelGuest()
{
    vehicle_.reset();
}

Result<std::unique_ptr<KeelGuest>> KeelGuest::start(const GuestPlan &plan)
{
    std::unique_ptr<KeelGuest> guest(new KeelGuest);

    if (Result<void> done = guest->boot(plan); !done)
        return done.error();
    if (Result<void> done = guest->bind_ports(); !done)
        return done.error();
    // A process's threads are there only now.
    if (plan.vehicle == PV_VEHICLE_PROCESS)
        pin_children_to(plan.cores.producer);
    return guest;
}

Result<void> KeelGuest::boot(const GuestPlan &plan)
{
    DomainSettings settings;
    settings.memory = memory;
    settings.command_line = fmt::format("bench {} {} 0", plan.figure, plan.count);

    Result<std::unique_ptr<Domain>> domain = Domain::create(settings, *this);
    if (!domain)
        return domain.error();
    domain_ = std::move(*domain);
    const std::string name = program_beside("keel");
    const UniqueFd file(open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return system_problem("open " + name);
    Result<Image> image = load_image(file.get(), name, domain_->memory());
    if (!image)
        return image.error();
    StartVehicle start;
    if (Result<void> made = make_vehicle(plan, start); !made)
        return made;
    domain_->set_vehicle(*vehicle_);
    if (Result<HostEnd> store = domain_->make_store_port(); !store)
        return store.error();
    Result<VcpuStart> first = write_start_pages(*domain_, *vehicle_, *image);
    if (!first)
        return first.error();
    return start(*image, *first);
}

Result<void> KeelGuest::make_vehicle(const GuestPlan &plan, StartVehicle &start)
{
    const auto adopt = [&](auto made) -> Result<void> {
        if (!made)
            return made.error();
        start = [vehicle = made->get()](const Image &image, const VcpuStart &first) {
            return vehicle->start(image, first);
        };
        vehicle_ = std::move(*made);
        return {};
    };

    // The threads that it starts stay where this one is meanwhile.
    if (plan.vehicle == PV_VEHICLE_KVM) {
        const Pinned pinned(plan.cores.producer);
        return adopt(kvm::KvmVehicle::create(*domain_));
    }
    const Pinned pinned(plan.cores.consumer);
    return adopt(process::ProcessVehicle::create(*domain_));
}

Result<void> KeelGuest::bind_ports()
{
    const std::string line = await_line("@pv bench ");
    unsigned int control = 0, measured = 0;
    unsigned long long board = 0;

    // NOLINTNEXTLINE(cert-err34-c): our own guest's numbers, checked below
    if (std::sscanf(line.c_str(), "%u %u %llu", &control, &measured, &board) != 3 ||
        control >= PV_PORTS || measured >= PV_PORTS || board > memory - board_bytes)
        return lost("telling its ports and its board");
    control_ = {control};
    measured_ = {measured};
    board_ = board;
    Result<HostEnd> control_end = domain_->bind_host(control_, host_domain);
    if (!control_end)
        return control_end.error();
    Result<HostEnd> measured_end = domain_->bind_host(measured_, host_domain);
    if (!measured_end)
        return measured_end.error();
    control_end_ = std::move(*control_end);
    measured_end_ = std::move(*measured_end);
    return {};
}

pv_shared KeelGuest::board(uint32_t offset) const
{
    return domain_->memory().regions()[0]->memory.at(board_ + offset);
}

Problem KeelGuest::lost(const std::string &waiting_for)
{
    const std::lock_guard guard(lock_);
    return {fmt::format("the guest {} instead of {}; it said: {}", ended_ ? "ended" : "was silent",
                        waiting_for, text_)};
}

void KeelGuest::ask_for_round()
{
    {
        const std::lock_guard guard(lock_);
        text_.clear();
    }
    exits_before_ = user_exits();
    pv_shared_store_release(board(asked_at), ++asked_);
    domain_->signalled(control_);
}

Result<void> KeelGuest::await_round()
{
    const Clock::time_point end = Clock::now() + patience;

    while (pv_shared_load_acquire(board(done_at)) != asked_) {
        {
            std::unique_lock guard(lock_);
            // Seldom, since it disturbs.
            if (said_.wait_for(guard, std::chrono::milliseconds(1), [this] { return ended_; }))
                break;
        }
        if (Clock::now() > end)
            break;
    }
    if (pv_shared_load_acquire(board(done_at)) != asked_)
        return lost("ending a round");
    exits_ = user_exits() - exits_before_;
    // It goes to sleep now.
    std::this_thread::sleep_for(settling);
    return {};
}

Result<double> KeelGuest::round()
{
    ask_for_round();
    if (Result<void> done = await_round(); !done)
        return done.error();
    const std::string line = await_line("@pv figure ");
    unsigned long long nanoseconds = 0;
    // NOLINTNEXTLINE(cert-err34-c): our own guest's number
    if (std::sscanf(line.c_str(), "%*s ns %llu", &nanoseconds) != 1)
        return lost("telling a figure");
    return static_cast<double>(nanoseconds);
}

Result<std::vector<double>> KeelGuest::events(By by, bool asleep, uint32_t count)
{
    const auto word = [this](uint32_t offset) {
        return [this, offset] { return pv_shared_load_acquire(board(offset)); };
    };
    EventTarget target = {[this, by] { raise(by); }, word(handled_at), {}};
    if (asleep)
        target.blocks = word(blocks_at);

    pv_shared_store_release(board(stop_at), 0);
    ask_for_round();
    std::this_thread::sleep_for(settling);
    Result<std::vector<double>> times = sample_events(target, count);
    if (!times)
        return lost("taking " + times.error().text);
    pv_shared_store_release(board(stop_at), 1);
    raise(by);
    if (Result<void> done = await_round(); !done)
        return done.error();
    return times;
}

void KeelGuest::raise(By by)
{
    if (by == By::direct)
        (void)eventfd_write(measured_end_.event.get(), 1);
    else
        domain_->signalled(measured_);
}

std::string KeelGuest::await_line(std::string_view beginning)
{
    std::unique_lock guard(lock_);
    std::string rest;

    (void)said_.wait_for(guard, patience, [&] {
        const size_t at = text_.rfind(beginning);
        const size_t end = at == std::string::npos ? at : text_.find('\n', at);
        if (end != std::string::npos)
            rest = text_.substr(at + beginning.size(), end - at - beginning.size());
        return end != std::string::npos || ended_;
    });
    return rest;
}

ConsoleAnswer KeelGuest::console(std::string_view text)
{
    const std::lock_guard guard(lock_);
    text_ += text;
    said_.notify_all();
    return {};
}

void KeelGuest::ended(uint32_t /*reason*/, uint32_t /*status*/)
{
    const std::lock_guard guard(lock_);
    ended_ = true;
    said_.notify_all();
}

} // namespace paravane::bench
