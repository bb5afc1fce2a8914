// SPDX-License-Identifier: Apache-2.0
//
// The io_uring that a backend's data goes through, of one thread. Its supervisor has made it, and goes on
// seeing it when this process is dead: so every operation is one entry with one completion, and nothing
// that does not end by itself is ever started here. What is waited for otherwise is the Loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <linux/io_uring.h>
#include <sys/uio.h>

#include "backend/engine/loop.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

struct io_uring;
struct io_uring_sqe;

namespace paravane {

// Memory that data comes from and goes to, which this process never touches itself: only the kernel makes
// a pointer of it.
struct DataExtent {
    uint64_t address = 0;
    uint64_t bytes = 0;
};

static_assert(sizeof(DataExtent) == sizeof(iovec));
static_assert(offsetof(DataExtent, address) == offsetof(iovec, iov_base));
static_assert(offsetof(DataExtent, bytes) == offsetof(iovec, iov_len));

struct DataCompletion {
    uint64_t token;
    int32_t result; // bytes, or a negative error number
};

class DataRing {
  public:
    enum class Direction : uint8_t { read, write };
    enum class Clearing : uint8_t { discard, zero };

    // What it may do, once and for all, before a guest's first byte. `file` stays the caller's and may be
    // closed after this; without one (-1) nothing can be started. The memory is registered if that is
    // wanted and the kernel has room for it.
    [[nodiscard]] static Result<std::unique_ptr<DataRing>> adopt(UniqueFd ring,
                                                                 const io_uring_params &params,
                                                                 int file, DataExtent memory,
                                                                 bool register_memory);
    DataRing(const DataRing &) = delete;
    DataRing &operator=(const DataRing &) = delete;
    ~DataRing();

    // How many operations can be started now: never more than have room for their completions.
    [[nodiscard]] uint32_t room() const { return most_ - in_flight_; }
    [[nodiscard]] uint32_t in_flight() const { return in_flight_; }

    // Each needs room. `extents` lie in the memory, and stay as they are until the completion.
    // durable: on the medium before the completion.
    void transfer(Direction direction, uint64_t offset, std::span<const DataExtent> extents,
                  bool durable, uint64_t token);
    // All that was completed before is on the medium.
    void sync(uint64_t token);
    void clear(Clearing clearing, uint64_t offset, uint64_t bytes, uint64_t token);

    // Has the kernel begin with what was started.
    [[nodiscard]] Result<void> submit();

    // Calls back with each completion that is there, after which it is forgotten: who must not lose it
    // writes it down before that. Returns how many there were.
    template <typename Function> uint32_t reap(Function &&function)
    {
        DataCompletion completion{};
        uint32_t count = 0;

        while (peek(completion)) {
            function(completion);
            forget();
            count++;
        }
        return count;
    }

    // Signals that there is a completion, between these two calls. False: there is one already.
    [[nodiscard]] bool signal_completions();
    void be_quiet();
    // What is signalled, for a Loop.
    [[nodiscard]] int event() const { return event_.get(); }

    // Whether the memory is registered.
    [[nodiscard]] bool registered() const { return !pieces_.empty(); }
    // What io_uring_enter() is called on.
    [[nodiscard]] int descriptor() const;

  private:
    struct Exit {
        void operator()(io_uring *ring) const;
    };

    DataRing() = default;
    [[nodiscard]] Result<void> map(UniqueFd ring, const io_uring_params &params);
    void register_pieces(DataExtent memory);
    [[nodiscard]] Result<void> restrict_to_what_is_used();
    [[nodiscard]] io_uring_sqe *entry();
    void finish(io_uring_sqe *entry, uint64_t token);
    // The registered piece that holds the extent; pieces_.size() if none does.
    [[nodiscard]] std::size_t piece_of(const DataExtent &extent) const;
    [[nodiscard]] bool peek(DataCompletion &completion);
    void forget();

    std::unique_ptr<io_uring, Exit> ring_;
    UniqueFd event_;
    uint64_t base_ = 0;
    std::vector<DataExtent> pieces_;
    uint32_t most_ = 0;
    uint32_t in_flight_ = 0;
    uint32_t unsubmitted_ = 0;
};

} // namespace paravane
