// SPDX-License-Identifier: Apache-2.0
//
// A process of paravane-console and what its supervisor has of it: the socket, the pipes and the log.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/engine/connection.hpp"
#include "fake_guest.hpp"
#include "generated/control/backend.capnp.h"
#include "hypercall/control/child.hpp"

namespace paravane::backend_test {

// What `connect` says, when it is not what it ought to be.
struct ConnectWords {
    uint32_t version = 1;
    uint64_t features = 0;
    uint32_t ports = 1;
    uint64_t base = arena_base;
    bool resumed = false;
    std::vector<RingPlace> rings; // empty: the guest's two
    std::function<void(std::vector<int> &)> edit_descriptors;
};

class Console {
  public:
    // Starts a process, and tells it to connect. A log of its own unless there is one.
    explicit Console(const FakeGuest &guest, const ConnectWords &words = {},
                     const SharedMemory *log = nullptr);
    // Not told to connect.
    struct Silent {};
    explicit Console(Silent);

    // The next message: "connected", "disconnected", "refused: WHY"; "gone"; "nothing" for 5 s.
    [[nodiscard]] std::string hear(int milliseconds = 5000) const;
    void say_disconnect() const;
    void say_connect() const; // once more, and with nothing in it
    // Whatever bytes of a packet.
    void say(std::string_view bytes) const;
    void hang_up() { socket_ = UniqueFd(); }
    // Waits for its end; the wait status. After 5 s it is killed.
    int end()
    {
        if (!ends())
            kill();
        return child_.wait();
    }
    void kill() const { child_.kill(); }
    [[nodiscard]] pid_t pid() const { return child_.pid(); }
    // Has it ended? ends() waits for that, up to 5 s.
    [[nodiscard]] bool ended() const;
    [[nodiscard]] bool ends() const;

    // What the guest wrote: what is in the pipe, or, waiting for them, so many bytes (less: nothing came
    // for 5 s).
    [[nodiscard]] std::string output() const;
    [[nodiscard]] std::string output(std::size_t bytes) const;
    // What somebody types: as much as fits into the pipe.
    std::size_t type(std::string_view text) const;
    void stop_typing() { typing_ = UniqueFd(); }
    void stop_reading() { reading_ = UniqueFd(); }
    [[nodiscard]] int output_pipe() const { return reading_.get(); }
    [[nodiscard]] int input_pipe() const { return typing_.get(); }

    [[nodiscard]] const SharedMemory &log() const { return log_; }

  private:
    void start();

    SharedMemory log_;
    UniqueFd socket_;
    UniqueFd reading_;
    UniqueFd typing_;
    Child child_;
};

} // namespace paravane::backend_test
