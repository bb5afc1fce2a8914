// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/guest.hpp"

#include <array>
#include <cstring>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <capnp/message.h>
#include <kj/exception.h>

#include "generated/control/domain.capnp.h"
#include <paravane/hypercall.h>

namespace paravane {

namespace asio = boost::asio;

namespace {

constexpr int pipe_bytes = 1 << 20;
constexpr std::size_t piece = std::size_t{64} << 10;

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

std::string how_it_ended(int status)
{
    if (WIFSIGNALED(status))
        return std::string("died: ") + strsignal(WTERMSIG(status));
    return "ended unexpectedly, with status " + std::to_string(WEXITSTATUS(status));
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

Guest::Guest(asio::io_context &loop, Store &store, Output output, Ended ended, Loss loss)
    : loop_(loop), store_(store), output_(std::move(output)), ended_(std::move(ended)),
      loss_(std::move(loss)), console_(loop)
{
}

Guest::~Guest()
{
    store_service_.reset();
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
    Result<Child> child =
        Child::start(program_beside("paravane-domain"), std::move(sockets->second));
    if (!child)
        return child.error();
    child_ = std::move(*child);
    channel_ = std::make_unique<control::Channel>(loop_, std::move(sockets->first));
    console_.assign(reading.release());

    capnp::MallocMessageBuilder message;
    auto wanted = message.initRoot<control::ToDomain>().initStart();
    wanted.setId(settings.id.value);
    wanted.setVehicle(on_wire(settings.vehicle));
    wanted.setMemory(settings.memory);
    wanted.setVcpus(settings.vcpus);
    wanted.setCommandLine(settings.command_line);
    wanted.setImageName(settings.image);
    const std::array fds = {image.get(), writing.get()};
    if (Result<void> sent = channel_->send(message, fds); !sent)
        return sent.error();
    asio::co_spawn(loop_, serve(), asio::detached);
    asio::co_spawn(loop_, read_console(), asio::detached);
    return {};
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
        return;
    case control::FromDomain::REFUSED:
        result_ = {GuestEnd::refused, 0, message.getRefused()};
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
            if (loss_)
                loss_("the guest has lost its store: " + std::string(why));
        });
}

asio::awaitable<void> Guest::read_console()
{
    std::array<char, piece> buffer{};

    for (;;) {
        boost::system::error_code error;
        const std::size_t got = co_await console_.async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
        if (error)
            break;
        output_({buffer.data(), got});
    }
    read_ = true;
    finish_if_over();
}

void Guest::finish_if_over()
{
    if (!served_ || !read_)
        return;
    channel_->close();
    const int status = child_.wait();
    // Also one that told of the guest's end and then did not end well is not to be trusted with guests.
    const bool expected = result_.end == GuestEnd::destroyed || result_.end == GuestEnd::refused;
    if (result_.end == GuestEnd::lost || (WIFSIGNALED(status) && !expected))
        result_ = {GuestEnd::lost, 0, "its domain process " + how_it_ended(status)};
    ended_(result_);
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
}

} // namespace paravane
