// SPDX-License-Identifier: Apache-2.0
//
// From the input pipe to the ring that the guest reads. The log says where the ring ends before the
// guest does see it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "backend/engine/loop.hpp"
#include <paravane/shared_memory.hpp>

extern "C" {
#include <paravane/stream.h>
}

namespace paravane::console {

class Input {
  public:
    // The ring is attached; `pipe` completes with `token`. The log outlives this.
    Input(Loop &loop, LoopFile pipe, LoopToken token, const pv_stream_writer &ring,
          const SharedMemory &log);

    // Moves what can be moved, and asks to be woken for the rest. True: the guest is to be notified.
    [[nodiscard]] bool move();
    // Of what move() started.
    void completed(int32_t result);

    [[nodiscard]] pv_rule refused() const { return pv_stream_writer_refused(&ring_); }

  private:
    Loop &loop_;
    LoopFile pipe_;
    LoopToken token_;
    pv_stream_writer ring_;
    const SharedMemory &log_;
    std::array<std::byte, 4096> text_{};
    std::size_t begin_ = 0; // what is not in the ring yet
    std::size_t end_ = 0;
    bool reading_ = false;
    bool ended_ = false; // nobody types any more, or the guest does not read
};

} // namespace paravane::console
