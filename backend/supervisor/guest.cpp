// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/guest.hpp"

#include <array>
#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <capnp/message.h>
#include <kj/exception.h>

#include "backend/supervisor/words.hpp"
#include "generated/control/domain.capnp.h"
#include <paravane/hypercall.h>

namespace paravane {

namespace asio = boost::asio;

namespace {

constexpr int pipe_bytes = 1 << 20;
constexpr std::size_t piece = std::size_t{64} << 10;
// A guest that takes longer does not know how.
constexpr std::chrono::seconds suspend_time{10};
// A process that has closed its socket takes so long at most, to give back a guest's memory.
constexpr std::chrono::seconds end_time{5};

control::Vehicle on_wire(VehicleChoice vehicle)
{
    switch (vehicle) {
    case VehicleChoice::kvm:
        return control::Vehicle::KVM;
    case VehicleChoice::process:
        return control::Vehicle::PROCESS;
    case VehicleChoice::best:
        break;
    }
    return control::Vehicle::AUTO;
}

GuestEnd end_of(uint32_t reason)
{
    switch (reason) {
    case PV_SHUTDOWN_POWEROFF:
        return GuestEnd::poweroff;
    case PV_SHUTDOWN_REBOOT:
        return GuestEnd::reboot;
    default:
        return GuestEnd::crash;
    }
}

} // namespace

Guest::Guest(asio::io_context &loop, Store &store, Console console, Early early, Ended ended,
             Tell tell)
    : loop_(loop), store_(store), console_(console), early_(std::move(early)),
      ended_(std::move(ended)), tell_(std::move(tell)), early_output_(loop), changed_(loop)
{
}

Guest::~Guest()
{
    store_service_.reset();
    devices_.clear();
    store_.forget(id_, Store::NodesOf::removed);
}

Result<void> Guest::start(const GuestSettings &settings)
{
    id_ = settings.id;
    if (!store_.introduce(id_))
        return Problem{"domain " + std::to_string(id_.value) + " is there already"};
    const UniqueFd image(open(settings.image.c_str(), O_RDONLY | O_CLOEXEC));
    if (!image)
        return system_problem("open " + settings.image);
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return system_problem("a pipe");
    UniqueFd reading(ends[0]);
    const UniqueFd writing(ends[1]);
    // Our end waits, the guest's never does.
    fcntl(writing.get(), F_SETFL, O_NONBLOCK);
    (void)fcntl(writing.get(), F_SETPIPE_SZ, pipe_bytes);

    Result<std::pair<UniqueFd, UniqueFd>> sockets = control::make_socket_pair();
    if (!sockets)
        return sockets.error();
    Result<Child> child = Child::start(program_beside("paravane-domain"),
                                       std::move(sockets->second), {{}, settings.cores});
    if (!child)
        return child.error();
    child_ = std::move(*child);
    channel_ = std::make_unique<control::Channel>(loop_, std::move(sockets->first));
    early_output_.assign(reading.release());
    if (Result<void> offered = offer_devices(settings); !offered)
        return offered.error();

    capnp::MallocMessageBuilder message;
    auto wanted = message.initRoot<control::ToDomain>().initStart();
    wanted.setId(settings.id.value);
    wanted.setVehicle(on_wire(settings.vehicle));
    wanted.setMemory(settings.memory);
    wanted.setVcpus(settings.vcpus);
    wanted.setArena(settings.arena);
    wanted.setCommandLine(settings.command_line);
    wanted.setImageName(settings.image);
    const std::array fds = {image.get(), writing.get()};
    if (Result<void> sent = channel_->send(message, fds); !sent)
        return sent.error();
    asio::co_spawn(loop_, serve(), asio::detached);
    asio::co_spawn(loop_, read_early_output(), asio::detached);
    return {};
}

Result<void> Guest::offer_devices(const GuestSettings &settings)
{
    link_ = std::make_unique<DomainLink>(loop_, *channel_);
    around_ =
        std::make_unique<DeviceSurroundings>(DeviceSurroundings{loop_, store_, *link_, id_, tell_});
    console_ends_ = std::make_unique<ConsoleEnds>(loop_, console_.terminal, console_.reader);
    devices_.push_back(std::make_unique<Device>(*around_, console_kind(), 0, *console_ends_));
    for (const Disk &disk : settings.disks)
        add_disk(disk, settings.vcpus);
    for (const auto &device : devices_)
        if (Result<void> offered = device->offer(); !offered)
            return offered;
    return {};
}

void Guest::add_disk(Disk disk, uint32_t vcpus)
{
    const auto number = static_cast<uint32_t>(disks_.size());

    if (disk.settings.queues_max == 0)
        disk.settings.queues_max = vcpus;
    disks_.push_back(
        std::make_unique<BlkEnds>(loop_, std::move(disk), "blk " + std::to_string(number), tell_));
    BlkEnds &ends = *disks_.back();
    devices_.push_back(std::make_unique<Device>(*around_, ends.kind(), number, ends));
}

void Guest::look_at_disks()
{
    for (std::size_t disk = 0; disk < disks_.size(); disk++)
        if (disks_[disk]->look_again())
            devices_[disk + 1]->publish_properties();
}

asio::awaitable<void> Guest::serve()
{
    for (;;) {
        Result<control::Packet> packet = co_await channel_->receive();
        if (!packet)
            break;
        try {
            handle(*packet);
        } catch (const kj::Exception &) {
            child_.kill(); // it does not keep to the schema
            break;
        }
    }
    served_ = true;
    link_->end();
    console_.terminal.hurry();
    changed_.raise();
    finish_if_over();
}

void Guest::handle(control::Packet &packet)
{
    const auto message = packet.root<control::FromDomain>();

    switch (message.which()) {
    case control::FromDomain::STARTED:
        serve_store(packet);
        return;
    case control::FromDomain::BOUND:
        link_->bound(message.getBound(), packet);
        return;
    case control::FromDomain::ATTACHED:
        link_->attached(message.getAttached(), packet);
        return;
    case control::FromDomain::OVERDUE:
        for (const auto &device : devices_)
            device->overdue({message.getOverdue()});
        return;
    case control::FromDomain::SUSPENDED:
        if (standing_)
            return; // it has said so
        standing_ = true;
        changed_.raise();
        if (!suspending_)
            asio::co_spawn(loop_, renew(), asio::detached);
        return;
    case control::FromDomain::REFUSED:
        result_ = {GuestEnd::refused, 0, words_of(message.getRefused().cStr())};
        return;
    case control::FromDomain::ENDED:
        if (result_.end == GuestEnd::lost)
            result_ = {end_of(message.getEnded().getReason()), message.getEnded().getStatus(), {}};
        return;
    }
}

void Guest::serve_store(control::Packet &packet)
{
    std::error_code error;
    SharedMemory area = SharedMemory::adopt(packet.take_fd(0).release(), error);
    UniqueFd doorbell = packet.take_fd(1);
    UniqueFd event = packet.take_fd(2);

    if (store_service_ || error || !doorbell || !event) {
        child_.kill(); // not a domain process of ours
        return;
    }
    store_service_ = std::make_unique<StoreService>(
        loop_, store_, id_, std::move(area), std::move(doorbell), std::move(event),
        [this](std::string_view why) {
            tell_("the guest has lost its store: " + std::string(why));
        });
}

asio::awaitable<void> Guest::read_early_output()
{
    std::array<char, piece> buffer{};

    for (;;) {
        boost::system::error_code error;
        const std::size_t got = co_await early_output_.async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
        if (error)
            break;
        co_await console_.terminal.write(early_({buffer.data(), got}));
    }
    // What was held back for more to come.
    co_await console_.terminal.write(early_({}));
    read_ = true;
    finish_if_over();
}

void Guest::finish_if_over()
{
    if (served_ && read_)
        asio::co_spawn(loop_, finish(), asio::detached);
}

asio::awaitable<void> Guest::finish()
{
    while (suspending_)
        co_await changed_.wait();
    // What the guest had said before its end is still in its rings.
    for (const auto &device : devices_)
        co_await device->close();
    co_await console_.terminal.flush();
    channel_->close();
    co_await await_end_of_process();
    const int status = child_.wait();
    // Also one that told of the guest's end and then did not end well is not to be trusted with guests.
    const bool expected = result_.end == GuestEnd::destroyed || result_.end == GuestEnd::refused;
    if (result_.end == GuestEnd::lost || (WIFSIGNALED(status) && !expected))
        result_ = {GuestEnd::lost, 0, "its domain process " + how_it_ended(status)};
    ended_(result_);
}

// It has closed its socket, so its end is near; or else it is helped.
asio::awaitable<void> Guest::await_end_of_process()
{
    const auto deadline = Signal::Clock::now() + end_time;
    pollfd end = {child_.descriptor(), POLLIN, 0};

    while (poll(&end, 1, 0) == 0 && Signal::Clock::now() < deadline) {
        asio::steady_timer pause(loop_, std::chrono::milliseconds(1));
        co_await pause.async_wait(asio::use_awaitable);
    }
    if (poll(&end, 1, 0) == 0)
        child_.kill();
}

void Guest::ask_to_shut_down()
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::ToDomain>().setShutdown();
    (void)channel_->send(message);
}

void Guest::destroy()
{
    if (result_.end == GuestEnd::lost)
        result_ = {GuestEnd::destroyed, 0, {}};
    child_.kill();
    for (const auto &device : devices_)
        device->abandon();
    console_.terminal.abandon();
}

// With suspending_ set: until the guest and its devices stand.
asio::awaitable<Result<void>> Guest::stand_still()
{
    const auto deadline = Signal::Clock::now() + suspend_time;
    bool in_time = true;

    while (in_time && !standing_ && !served_)
        in_time = co_await changed_.wait_until(deadline);
    if (standing_ && !served_) {
        for (const auto &device : devices_)
            co_await device->suspend(epoch_ + 1);
    }
    if (served_)
        co_return Problem{"the guest has ended"};
    if (!standing_)
        co_return Problem{"the guest does not make ready for a suspend; it goes on"};
    co_return Result<void>{};
}

void Guest::go_on()
{
    standing_ = false;
    epoch_++;
    for (const auto &device : devices_)
        device->resume();
    link_->resume(epoch_);
}

// It asked for a suspend by itself, or too late: nobody is there to wait for.
asio::awaitable<void> Guest::renew()
{
    suspending_ = true;
    const bool stands = (co_await stand_still()).has_value();
    if (stands)
        go_on();
    suspending_ = false;
    changed_.raise();
}

asio::awaitable<Result<void>> Guest::suspend()
{
    while (suspending_)
        co_await changed_.wait();
    suspending_ = true;
    link_->suspend();
    Result<void> stands = co_await stand_still();
    if (!stands) {
        suspending_ = false;
        changed_.raise();
    }
    co_return stands;
}

void Guest::resume()
{
    go_on();
    suspending_ = false;
    changed_.raise();
}

} // namespace paravane
