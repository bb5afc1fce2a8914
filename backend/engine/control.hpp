// SPDX-License-Identifier: Apache-2.0
//
// A backend process's end of its supervisor's socket: backend.capnp, after the first packet.
#pragma once

#include <string>
#include <utility>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

class Control {
  public:
    enum class Word {
        none,       // nothing that means anything now
        disconnect, // finish and end
        gone,       // the supervisor has gone, or sends what is no message: end at once
    };

    explicit Control(UniqueFd socket) : socket_(std::move(socket)) {}

    // What the supervisor says next. Waits for it: await() the descriptor first.
    [[nodiscard]] Word receive();

    // A supervisor that does not listen is found to have gone by receive(), so nobody asks these.
    void say_connected();
    void say_refused(const std::string &why);
    void say_disconnected();

    [[nodiscard]] int descriptor() const { return socket_.get(); }

  private:
    UniqueFd socket_;
};

} // namespace paravane
