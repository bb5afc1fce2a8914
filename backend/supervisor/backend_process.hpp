// SPDX-License-Identifier: Apache-2.0
//
// One process of a backend, from its start to its death: see backend.capnp.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "backend/supervisor/signal.hpp"
#include "generated/control/backend.capnp.h"
#include "hypercall/control/channel.hpp"
#include "hypercall/control/child.hpp"

namespace paravane {

class BackendProcess : public std::enable_shared_from_this<BackendProcess> {
  public:
    // Raises `changed` when one of the words below becomes true. The signal outlives the process.
    [[nodiscard]] static Result<std::shared_ptr<BackendProcess>>
    start(boost::asio::io_context &loop, const std::string &program, capnp::MessageBuilder &connect,
          std::span<const int> fds, Signal &changed);

    // It is to finish what is on its way, and end.
    void disconnect();
    void kill() { child_.kill(); }
    // It has ended, or closed its socket, which is the same. Waits for its end, which has to come soon.
    // In words, how that was.
    std::string bury();

    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] bool disconnected() const { return disconnected_; }
    [[nodiscard]] bool ended() const { return ended_; }
    // What it refused its frontend for; empty if it did not.
    [[nodiscard]] const std::string &refusal() const { return refusal_; }
    [[nodiscard]] pid_t pid() const { return child_.pid(); }

  private:
    BackendProcess(boost::asio::io_context &loop, UniqueFd socket, Child child, Signal &changed);
    boost::asio::awaitable<void> listen(std::shared_ptr<BackendProcess> self);
    void handle(control::Packet &packet);

    control::Channel channel_;
    Child child_;
    Signal &changed_;
    bool connected_ = false;
    bool disconnected_ = false;
    bool ended_ = false;
    bool buried_ = false;
    std::string refusal_;
};

} // namespace paravane
