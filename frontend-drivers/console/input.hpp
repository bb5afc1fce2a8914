// SPDX-License-Identifier: Apache-2.0
//
// Text from the host, on its way to whoever reads it. What was in the ring when a connection ended is
// kept: it was given, and is not given again. Of two connections that end with full rings and nobody
// reading, that is; what else comes then finds no room.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

extern "C" {
#include <paravane/stream.h>
}

namespace keel::console {

// Whoever reads. Returns how many of the bytes it takes, the first ones; the rest is offered again when it
// asks for it.
struct Reader {
    using Function = std::size_t (*)(void *context, std::string_view text);

    Function function = nullptr;
    void *context = nullptr;
};

class Input {
  public:
    static constexpr std::size_t ring_bytes = 4096;

    [[nodiscard]] pv_rule attach(pv_shared memory, uint64_t bytes, uint32_t size);
    // The last look at the ring, whose content is final; without one, nothing is done.
    void detach();

    // Takes what is in the ring, if all that was taken before was read. True if something moved.
    bool move();
    // Offers what is there. True if some of it was read.
    bool offer(const Reader &reader);
    // Gives back the room of what was taken. True: notify.
    [[nodiscard]] bool release();
    // Asks to be woken when there is more. True: sleep. False: move again.
    [[nodiscard]] bool arm();
    // Taken, and not read.
    [[nodiscard]] std::size_t waiting() const { return end_ - begin_; }
    // The backend gives no more, and all it gave was taken.
    [[nodiscard]] bool ended() { return pv_stream_reader_ended(&ring_); }
    [[nodiscard]] std::string_view refused() const;

  private:
    static constexpr std::size_t piece_bytes = 512;

    std::array<char, 2 * ring_bytes + piece_bytes> buffer_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    pv_stream_reader ring_{};
    pv_violations violations_{};
};

} // namespace keel::console
