// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/backend_process.hpp"

#include <algorithm>
#include <chrono>

#include <poll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <capnp/message.h>
#include <kj/exception.h>

#include "backend/supervisor/words.hpp"

namespace paravane {

namespace asio = boost::asio;

namespace {

// From its socket's end to its own.
constexpr std::chrono::milliseconds end_time{10};
constexpr std::chrono::milliseconds longest_pause{10};
// One that nobody replaces is waited for so long, and then left to the kernel.
constexpr std::chrono::seconds leave_time{1};
// Connected, refused, disconnected: it has nothing else to say.
constexpr int packets_max = 3;

} // namespace

Result<std::shared_ptr<BackendProcess>> BackendProcess::start(asio::io_context &loop,
                                                              const BackendProgram &program,
                                                              ConnectPacket &connect,
                                                              Signal &changed)
{
    Result<std::pair<UniqueFd, UniqueFd>> sockets = control::make_socket_pair();
    if (!sockets)
        return sockets.error();
    Result<Child> child = Child::start(program_beside(program.name), std::move(sockets->second),
                                       {program.inherited, program.cores});
    if (!child)
        return child.error();
    std::shared_ptr<BackendProcess> process(
        new BackendProcess(loop, std::move(sockets->first), std::move(*child), changed));
    if (Result<void> sent = process->channel_.send(connect.message(), connect.fds()); !sent)
        return sent.error();
    asio::co_spawn(loop, process->listen(process), asio::detached);
    return process;
}

BackendProcess::BackendProcess(asio::io_context &loop, UniqueFd socket, Child child,
                               Signal &changed)
    : channel_(loop, std::move(socket)), child_(std::move(child)), changed_(changed)
{
}

asio::awaitable<void> BackendProcess::listen(std::shared_ptr<BackendProcess> self)
{
    for (int packets = 0; packets < packets_max; packets++) {
        Result<control::Packet> packet = co_await channel_.receive();
        if (!packet || self->buried_)
            break;
        try {
            handle(*packet);
        } catch (const kj::Exception &) {
            break; // it does not keep to the schema, and is not heard any more
        }
        changed_.raise();
    }
    if (buried_)
        co_return;
    ended_ = true;
    changed_.raise();
}

void BackendProcess::handle(control::Packet &packet)
{
    const auto message = packet.root<control::FromBackend>();

    switch (message.which()) {
    case control::FromBackend::CONNECTED:
        connected_ = true;
        return;
    case control::FromBackend::REFUSED:
        refusal_ = words_of(message.getRefused().cStr());
        if (refusal_.empty())
            refusal_ = "it did not say why";
        return;
    case control::FromBackend::DISCONNECTED:
        disconnected_ = true;
        return;
    }
}

void BackendProcess::disconnect()
{
    capnp::MallocMessageBuilder message;

    message.initRoot<control::ToBackend>().setDisconnect();
    (void)channel_.send(message);
}

bool BackendProcess::dead() const
{
    pollfd end = {child_.descriptor(), POLLIN, 0};

    return poll(&end, 1, 0) > 0;
}

asio::awaitable<void> BackendProcess::end(const bool &abandoned)
{
    const Signal::Clock::time_point begin = Signal::Clock::now();
    std::chrono::milliseconds pause{1};

    buried_ = true;
    channel_.close();
    while (!dead()) {
        const auto waited = Signal::Clock::now() - begin;
        // One that has ended by itself is not killed any more, and tells what it died of.
        if (!ended_ || waited >= end_time)
            child_.kill();
        if (abandoned && waited >= leave_time) {
            child_.leave();
            co_return;
        }
        (void)co_await changed_.wait_until(Signal::Clock::now() + pause);
        pause = std::min(pause * 2, longest_pause);
    }
}

std::string BackendProcess::bury()
{
    buried_ = true;
    channel_.close();
    if (!dead())
        child_.kill();
    return how_it_ended(child_.wait());
}

} // namespace paravane
