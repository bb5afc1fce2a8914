// SPDX-License-Identifier: Apache-2.0
//
// Text on its way to the host: a buffer of the kernel's own, and as much of it as there is room for in
// the connection's ring. A byte stays in the buffer until the backend has given back its room, so that
// another connection begins with the first one that the last had not delivered.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

extern "C" {
#include <paravane/stream.h>
}

namespace keel::console {

class Output {
  public:
    static constexpr uint32_t buffer_bytes = 65536;
    static constexpr uint32_t ring_bytes = 32768;

    // Takes as many bytes as there is room for in the buffer, and returns how many.
    [[nodiscard]] std::size_t write(std::string_view text);
    [[nodiscard]] std::size_t room() const { return buffer_bytes - pending(); }
    // Written, and not delivered.
    [[nodiscard]] std::size_t pending() const
    {
        return static_cast<std::size_t>(written_ - delivered_);
    }
    // Since the beginning, over all connections.
    [[nodiscard]] uint64_t delivered() const { return delivered_; }

    // A fresh ring, zeroed: what is pending goes there from now on.
    [[nodiscard]] pv_rule attach(pv_shared memory, uint64_t bytes, uint32_t size);
    // The last look at the ring, whose content is final; without one, nothing is done.
    void detach();

    // Puts into the ring what it has room for, and forgets what was delivered. True if something moved.
    bool move();
    // Shows the backend what was put there: true: notify it.
    [[nodiscard]] bool publish();
    // Asks to be woken when there is room again, or when all is delivered. True: sleep; there may be
    // nothing to wait for. False: move again.
    [[nodiscard]] bool arm();
    // The backend takes no more. Looks, and may find a rule broken.
    [[nodiscard]] bool closed() { return pv_stream_writer_peer_closed(&ring_); }
    // Empty while the backend keeps the rules.
    [[nodiscard]] std::string_view refused() const;

  private:
    void note_delivered();

    std::array<char, buffer_bytes> buffer_{};
    // Counts of all bytes ever; where one lies in the buffer is its number modulo the buffer's size.
    uint64_t written_ = 0;
    uint64_t put_ = 0; // into the ring
    uint64_t delivered_ = 0;

    pv_stream_writer ring_{};
    uint32_t seen_ = 0; // the backend's index when it was last good
    pv_violations violations_{};
};

} // namespace keel::console
