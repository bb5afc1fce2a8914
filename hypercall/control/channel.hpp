// SPDX-License-Identifier: Apache-2.0
//
// A Unix socket of packets between two processes of the host: one Cap'n Proto message each, and
// descriptors. What comes in is a stranger's until it was read: sizes are bounded, and a packet that is
// not a message is an error like the end of the connection.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <capnp/message.h>
#include <capnp/serialize.h>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::control {

inline constexpr std::size_t packet_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t packet_fds_max = 8;

class Packet {
  public:
    Packet() = default;

    // The message; throws kj::Exception where it breaks off or points outside of itself, so that a
    // reader has one place to catch it: see read_packet().
    template <typename T> [[nodiscard]] typename T::Reader root() { return reader_->getRoot<T>(); }
    // The descriptor is the caller's; without one, an empty UniqueFd.
    [[nodiscard]] UniqueFd take_fd(std::size_t index)
    {
        return index < fds_.size() ? std::move(fds_[index]) : UniqueFd();
    }

  private:
    friend class Channel;

    std::vector<capnp::word> words_;
    std::unique_ptr<capnp::FlatArrayMessageReader> reader_;
    std::vector<UniqueFd> fds_;
};

class Channel {
  public:
    Channel(boost::asio::io_context &loop, UniqueFd socket);

    // Both ends of a new connection.
    [[nodiscard]] static Result<std::pair<UniqueFd, UniqueFd>> make_pair();

    // Sends at once; a peer whose buffer is full is one that does not read, which is an error. The
    // descriptors stay the caller's.
    [[nodiscard]] Result<void> send(capnp::MessageBuilder &message, std::span<const int> fds = {});

    // The next packet; a Problem when the peer has gone or sent what is none.
    [[nodiscard]] boost::asio::awaitable<Result<Packet>> receive();

    void close();

  private:
    [[nodiscard]] Result<Packet> receive_now();

    boost::asio::posix::stream_descriptor socket_;
};

} // namespace paravane::control
