// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/backend_process.hpp"

#include <poll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <capnp/message.h>
#include <kj/exception.h>

#include "backend/supervisor/words.hpp"

namespace paravane {

namespace asio = boost::asio;

namespace {

constexpr int end_time = 10; // ms, from its socket's end to its own
// Connected, refused, disconnected: it has nothing else to say.
constexpr int packets_max = 3;

} // namespace

Result<std::shared_ptr<BackendProcess>>
BackendProcess::start(asio::io_context &loop, const std::string &program,
                      capnp::MessageBuilder &connect, std::span<const int> fds, Signal &changed)
{
    Result<std::pair<UniqueFd, UniqueFd>> sockets = control::make_socket_pair();
    if (!sockets)
        return sockets.error();
    Result<Child> child = Child::start(program_beside(program), std::move(sockets->second));
    if (!child)
        return child.error();
    std::shared_ptr<BackendProcess> process(
        new BackendProcess(loop, std::move(sockets->first), std::move(*child), changed));
    if (Result<void> sent = process->channel_.send(connect, fds); !sent)
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

std::string BackendProcess::bury()
{
    buried_ = true;
    channel_.close();
    // One that has ended by itself is not killed any more, and tells what it died of.
    pollfd end = {child_.descriptor(), POLLIN, 0};
    if (!ended_ || poll(&end, 1, end_time) <= 0)
        child_.kill();
    return how_it_ended(child_.wait());
}

} // namespace paravane
