// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/domain_link.hpp"

#include <capnp/message.h>

#include "backend/supervisor/words.hpp"

namespace paravane {

namespace asio = boost::asio;

template <typename T>
asio::awaitable<Result<T>> DomainLink::ask(Requests<T> &requests, uint32_t serial,
                                           capnp::MessageBuilder &message)
{
    auto request = std::make_shared<Request<T>>(loop_);

    if (ended_)
        co_return request->answer.error();
    if (Result<void> sent = channel_.send(message); !sent)
        co_return sent.error();
    requests[serial] = request;
    while (!request->done)
        co_await request->answered.wait();
    requests.erase(serial);
    co_return std::move(request->answer);
}

void DomainLink::tell(capnp::MessageBuilder &message)
{
    // A domain process that does not read is as good as gone: its supervisor finds the channel closed.
    if (!channel_.send(message))
        channel_.close();
}

asio::awaitable<Result<PortEnds>> DomainLink::bind(Port port)
{
    capnp::MallocMessageBuilder message;
    auto request = message.initRoot<control::ToDomain>().initBindPort();

    request.setSerial(++last_serial_);
    request.setPort(port.value);
    request.setRemote(host_domain.value);
    co_return co_await ask(binds_, last_serial_, message);
}

void DomainLink::unbind(Port port)
{
    capnp::MallocMessageBuilder message;
    auto request = message.initRoot<control::ToDomain>().initUnbindPort();

    request.setPort(port.value);
    request.setRemote(host_domain.value);
    tell(message);
}

asio::awaitable<Result<Attachment>> DomainLink::attach(BackendNumber backend)
{
    capnp::MallocMessageBuilder message;

    message.initRoot<control::ToDomain>().initAttach().setBackend(backend.value);
    co_return co_await ask(attaches_, backend.value, message);
}

void DomainLink::detach(BackendNumber backend)
{
    capnp::MallocMessageBuilder message;

    message.initRoot<control::ToDomain>().initDetach().setBackend(backend.value);
    tell(message);
}

void DomainLink::suspend()
{
    capnp::MallocMessageBuilder message;

    message.initRoot<control::ToDomain>().setSuspend();
    tell(message);
}

void DomainLink::resume(uint64_t epoch)
{
    capnp::MallocMessageBuilder message;

    message.initRoot<control::ToDomain>().initResume().setEpoch(epoch);
    tell(message);
}

void DomainLink::bound(control::PortAnswer::Reader answer, control::Packet &packet)
{
    const auto found = binds_.find(answer.getSerial());
    if (found == binds_.end())
        return;
    Request<PortEnds> &request = *found->second;
    PortEnds ends{packet.take_fd(0), packet.take_fd(1)};

    if (answer.getProblem().size() > 0)
        request.answer = Problem{words_of(answer.getProblem().cStr())};
    else if (!ends.doorbell || !ends.event)
        request.answer = Problem{"the domain process bound a port and gave no descriptors"};
    else
        request.answer = std::move(ends);
    request.done = true;
    request.answered.raise();
}

void DomainLink::attached(control::Attached::Reader answer, control::Packet &packet)
{
    const auto found = attaches_.find(answer.getBackend());
    if (found == attaches_.end())
        return;
    Request<Attachment> &request = *found->second;
    Attachment made{answer.getArenaBase(), packet.take_fd(0), packet.take_fd(1), packet.take_fd(2),
                    packet.take_fd(3)};

    if (answer.getProblem().size() > 0)
        request.answer = Problem{words_of(answer.getProblem().cStr())};
    else if (!made.arena || !made.grant_table || !made.pins || !made.unpinned)
        request.answer = Problem{"the domain process attached a backend and gave no descriptors"};
    else
        request.answer = std::move(made);
    request.done = true;
    request.answered.raise();
}

void DomainLink::end()
{
    ended_ = true;
    for (const auto &[serial, request] : binds_) {
        request->done = true;
        request->answered.raise();
    }
    for (const auto &[serial, request] : attaches_) {
        request->done = true;
        request->answered.raise();
    }
}

} // namespace paravane
