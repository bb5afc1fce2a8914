// SPDX-License-Identifier: Apache-2.0
//
// One process of a backend, from its start to its death: see backend.capnp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "backend/supervisor/connect_packet.hpp"
#include "backend/supervisor/signal.hpp"
#include "generated/control/backend.capnp.h"
#include "hypercall/control/channel.hpp"
#include "hypercall/control/child.hpp"

namespace paravane {

// What is started, and with what besides its socket.
struct BackendProgram {
    const char *name;           // beside the program that starts it
    std::vector<int> inherited; // its descriptors from number 4 on; they stay the caller's
    Cores cores;
};

class BackendProcess : public std::enable_shared_from_this<BackendProcess> {
  public:
    // Raises `changed` when one of the words below becomes true. The signal outlives the process.
    [[nodiscard]] static Result<std::shared_ptr<BackendProcess>>
    start(boost::asio::io_context &loop, const BackendProgram &program, ConnectPacket &connect,
          Signal &changed);

    // It is to finish what is on its way, and end.
    void disconnect();
    void kill() { child_.kill(); }
    // It is to end, or has closed its socket, which is the same. Comes back when it is dead: the kernel may
    // have to finish I/O of it first. Or soon, if nobody goes on after it.
    [[nodiscard]] boost::asio::awaitable<void> end(const bool &abandoned);
    // In words, how it ended. Waits for that.
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
    [[nodiscard]] bool dead() const;

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
