// SPDX-License-Identifier: Apache-2.0
//
// One Cap'n Proto message and some descriptors, as one packet of a Unix socket. What comes in is a
// stranger's until it was read: sizes are bounded, and what is not a message is a Problem.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/array.h>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::control {

inline constexpr std::size_t packet_bytes_max = std::size_t{64} << 10;
// Both ends of each of a device's ports, and some.
inline constexpr std::size_t packet_fds_max = 80;

class Packet {
  public:
    // Waits for the next one.
    [[nodiscard]] static Result<Packet> receive(int socket);

    // The message. A reader of a stranger's message must expect kj::Exception from it and from all
    // that it reads: it may break off, or point outside of itself.
    template <typename T> [[nodiscard]] typename T::Reader root() { return reader_->getRoot<T>(); }
    // The descriptor is the caller's; without one, an empty UniqueFd.
    [[nodiscard]] UniqueFd take_fd(std::size_t index)
    {
        return index < fds_.size() ? std::move(fds_[index]) : UniqueFd();
    }
    [[nodiscard]] std::size_t fd_count() const { return fds_.size(); }

  private:
    kj::Array<capnp::word> words_;
    std::unique_ptr<capnp::FlatArrayMessageReader> reader_;
    std::vector<UniqueFd> fds_;
};

// Never waits: a peer whose buffer is full is one that does not read, which is an error. The
// descriptors stay the caller's.
[[nodiscard]] Result<void> send_packet(int socket, capnp::MessageBuilder &message,
                                       std::span<const int> fds = {});

// Both ends of a new connection.
[[nodiscard]] Result<std::pair<UniqueFd, UniqueFd>> make_socket_pair();

} // namespace paravane::control
