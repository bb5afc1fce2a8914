// SPDX-License-Identifier: Apache-2.0
//
// What a supervisor asks of a domain process on behalf of backends. Of one event loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "backend/supervisor/signal.hpp"
#include "generated/control/domain.capnp.h"
#include "hypercall/control/channel.hpp"
#include "hypercall/host/backend_number.hpp"
#include "hypercall/host/call.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

// What a backend process may see of a guest.
struct Attachment {
    uint64_t arena_base = 0; // guest-physical
    UniqueFd arena;
    UniqueFd grant_table; // to be read only
    UniqueFd pins;
    UniqueFd unpinned; // signalled for who waits until a pin goes
};

// The host's ends of a port.
struct PortEnds {
    UniqueFd doorbell;
    UniqueFd event;
};

class DomainLink {
  public:
    // The channel outlives it.
    DomainLink(boost::asio::io_context &loop, control::Channel &channel)
        : loop_(loop), channel_(channel)
    {
    }

    boost::asio::awaitable<Result<PortEnds>> bind(Port port);
    void unbind(Port port);
    boost::asio::awaitable<Result<Attachment>> attach(BackendNumber backend);
    // The process is dead, and nothing of its I/O is on its way.
    void detach(BackendNumber backend);
    void suspend();
    void resume(uint64_t epoch);

    // The answers, as they come.
    void bound(control::PortAnswer::Reader answer, control::Packet &packet);
    void attached(control::Attached::Reader answer, control::Packet &packet);
    // No more answers will come.
    void end();

  private:
    template <typename T> struct Request {
        explicit Request(boost::asio::io_context &loop) : answered(loop) {}
        Signal answered;
        bool done = false;
        Result<T> answer = Problem{"the domain process has ended"};
    };
    template <typename T> using Requests = std::map<uint32_t, std::shared_ptr<Request<T>>>;

    template <typename T>
    boost::asio::awaitable<Result<T>> ask(Requests<T> &requests, uint32_t serial,
                                          capnp::MessageBuilder &message);
    void tell(capnp::MessageBuilder &message);

    boost::asio::io_context &loop_;
    control::Channel &channel_;
    Requests<PortEnds> binds_;
    Requests<Attachment> attaches_;
    uint32_t last_serial_ = 0;
    bool ended_ = false;
};

} // namespace paravane
