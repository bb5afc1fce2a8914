// SPDX-License-Identifier: Apache-2.0
//
// From the guest's ring to the output pipe. Room in the ring is given back for what the pipe took, and
// not before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "backend/engine/loop.hpp"
#include "hypercall/domain/rate.hpp"

extern "C" {
#include <paravane/stream.h>
}

namespace paravane::console {

class Output {
  public:
    // The ring is attached; `pipe` completes with `token`.
    Output(Loop &loop, LoopFile pipe, LoopToken token, const pv_stream_reader &ring);

    // Moves what can be moved, and asks to be woken for the rest. True: the guest is to be notified.
    [[nodiscard]] bool move(uint64_t now);
    // Of what move() started. A Problem: the pipe takes no more, ever.
    [[nodiscard]] Result<void> completed(int32_t result);

    // From now on it takes what is in the ring, and no more than fits in there: a guest that goes on
    // writing does not keep it.
    void drain();
    // Everything to be drained was taken by the pipe.
    [[nodiscard]] bool drained() const { return drained_; }

    // When move() can go on by itself.
    [[nodiscard]] uint64_t deadline() const { return writing_ ? Loop::no_deadline : paused_until_; }
    [[nodiscard]] pv_rule refused() const { return pv_stream_reader_refused(&ring_); }

  private:
    // True: there is something to write now.
    [[nodiscard]] bool take(uint64_t now);

    Loop &loop_;
    LoopFile pipe_;
    LoopToken token_;
    pv_stream_reader ring_;
    Rate rate_;
    uint64_t paused_until_ = Loop::no_deadline;
    std::array<std::byte, 16384> text_{};
    std::size_t begin_ = 0; // what the pipe has not taken yet
    std::size_t end_ = 0;
    bool writing_ = false;
    std::optional<uint32_t> left_; // draining: so many bytes at most
    bool drained_ = false;
};

} // namespace paravane::console
