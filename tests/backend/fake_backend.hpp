// SPDX-License-Identifier: Apache-2.0
//
// A backend process, whatever its device, and what its supervisor has of it: the socket.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/engine/connection.hpp"
#include "fake_domain.hpp"
#include "hypercall/control/child.hpp"

namespace paravane::backend_test {

// What `connect` says, when it is not what it ought to be.
struct ConnectWords {
    uint32_t version = 1;
    std::optional<uint64_t> features; // else what the device is for
    std::optional<uint32_t> ports;    // else as many as there are
    uint64_t base = arena_base;
    bool resumed = false;
    std::vector<RingPlace> rings; // empty: the guest's
    std::function<void(std::vector<int> &)> edit_descriptors;
};

class FakeBackend {
  public:
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
    [[nodiscard]] bool ended() const { return ends(0); }
    [[nodiscard]] bool ends(int milliseconds = 5000) const;
    // ns of a processor, so far.
    [[nodiscard]] uint64_t processor_time() const;

  protected:
    // What a device is connected with; all of it stays the caller's.
    struct Parts {
        const FakeDomain &domain;
        std::vector<const FakePort *> ports;
        std::vector<RingPlace> rings;
        uint64_t features;
        std::vector<int> own; // the device's own descriptors
    };

    void start(const std::string &program, std::span<const int> inherited = {});
    void connect(const Parts &parts, const ConnectWords &words) const;

  private:
    UniqueFd socket_;
    Child child_;
};

// Of /proc/PID/status.
[[nodiscard]] std::string status_of(pid_t pid, const std::string &key);

} // namespace paravane::backend_test
