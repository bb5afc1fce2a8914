// SPDX-License-Identifier: Apache-2.0
//
// The io_uring of a backend process, of one thread: what it awaits, and what it reads and writes. It
// knows the descriptors that it was made with and no others, and can do no more with them than this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

struct io_uring;
struct io_uring_sqe;

namespace paravane {

// A descriptor of the loop, by its place among those that it was made with.
struct LoopFile {
    uint32_t number;
};

// Told back with the completion of what was started with it. 0 is of what nobody waits for.
using LoopToken = uint32_t;

struct Completion {
    LoopToken token;
    int32_t result; // bytes, or a negative error number
};

class Loop {
  public:
    static constexpr uint64_t no_deadline = std::numeric_limits<uint64_t>::max();

    // The descriptors stay the caller's and may be closed after this.
    [[nodiscard]] static Result<std::unique_ptr<Loop>> make(std::span<const int> files);
    Loop(const Loop &) = delete;
    Loop &operator=(const Loop &) = delete;
    ~Loop();

    // Each of these is started by the next wait(), and completes once. Memory that is read into or
    // written from must stay until then.

    // Completes when `events` (POLLIN, ...) or a hang-up are there.
    void await(LoopFile file, uint32_t events, LoopToken token);
    // Completes with the bytes that were there when something was.
    void read(LoopFile file, std::span<std::byte> to, LoopToken token);
    // Completes with the bytes that were taken when some could be.
    void write(LoopFile file, std::span<const std::byte> from, LoopToken token);
    // Completes when the event was signalled since it last completed.
    void await_event(LoopFile event, LoopToken token);
    // Signals the event, which does not block; nobody is told. Who is woken sees all that was stored before.
    void signal(LoopFile event);

    // Starts what is to be started, then waits for a completion, or until clock_now() is `deadline`.
    [[nodiscard]] Result<void> wait(uint64_t deadline = no_deadline);
    // Starts what is to be started, and does not wait.
    [[nodiscard]] Result<void> flush();
    // The next completion that is there.
    [[nodiscard]] std::optional<Completion> next();

    // What io_uring_enter() is called on.
    [[nodiscard]] int descriptor() const;

  private:
    struct Exit {
        void operator()(io_uring *ring) const;
    };

    Loop() = default;
    [[nodiscard]] Result<void> open(std::span<const int> files);
    [[nodiscard]] Result<void> restrict_to_what_is_used();
    // Room for `count` entries that are started together.
    void make_room(unsigned int count);
    io_uring_sqe *entry();
    void then_await(LoopFile file, uint32_t events);

    std::unique_ptr<io_uring, Exit> ring_;
    uint8_t quiet_ = 0;             // the flag of what completes unseen, where the kernel has it
    std::optional<Problem> broken_; // what went wrong where it could not be told
    uint64_t event_count_ = 0;      // nobody needs it, but it has to be read somewhere
};

} // namespace paravane
