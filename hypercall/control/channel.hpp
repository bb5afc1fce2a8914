// SPDX-License-Identifier: Apache-2.0
//
// Packets on an event loop: see packet.hpp.
#pragma once

#include <span>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "hypercall/control/packet.hpp"

namespace paravane::control {

class Channel {
  public:
    Channel(boost::asio::io_context &loop, UniqueFd socket);

    [[nodiscard]] Result<void> send(capnp::MessageBuilder &message, std::span<const int> fds = {});

    // The next packet; a Problem when the peer has gone or sent what is none.
    [[nodiscard]] boost::asio::awaitable<Result<Packet>> receive();

    void close();

  private:
    boost::asio::posix::stream_descriptor socket_;
};

} // namespace paravane::control
