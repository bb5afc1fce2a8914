// SPDX-License-Identifier: Apache-2.0
//
// The io_uring that a backend process does its I/O with, as its supervisor keeps it. The supervisor makes
// it disabled, the process inherits it and enables it; when the process is dead, what it had started still
// completes here, and nothing else tells that it has. All of the mapping is the process's to write.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <linux/io_uring.h>

#include "hypercall/host/result.hpp"

struct io_uring;

namespace paravane {

class KeptRing {
  public:
    // Of something that was started; both words are the process's or the kernel's, nobody can tell.
    struct Completion {
        uint64_t user_data;
        int32_t result; // bytes, or a negative error number
    };

    // Room for so many submissions at once, and so many completions that nobody has reaped; each is
    // rounded up to a power of two, and cut to what the kernel allows.
    [[nodiscard]] static Result<KeptRing> make(uint32_t submissions, uint32_t completions);
    KeptRing(const KeptRing &) = delete;
    KeptRing &operator=(const KeptRing &) = delete;
    KeptRing(KeptRing &&other) noexcept;
    KeptRing &operator=(KeptRing &&other) noexcept;
    // What is still on its way then goes on, and nobody sees it complete.
    ~KeptRing();

    // For the process to inherit.
    [[nodiscard]] int descriptor() const;
    // With what the process maps it.
    [[nodiscard]] const io_uring_params &params() const { return params_; }

    // The rest is for when the process is dead. It holds if each of its submissions has exactly one
    // completion.

    // So many submissions have not completed.
    [[nodiscard]] uint32_t in_flight() const;
    [[nodiscard]] bool drained() const { return in_flight() == 0; }
    // What the process did not live to reap, in its order; never more than there is room for.
    [[nodiscard]] std::vector<Completion> unreaped() const;

  private:
    struct Exit {
        void operator()(io_uring *ring) const;
    };

    KeptRing();

    std::unique_ptr<io_uring, Exit> ring_;
    io_uring_params params_{};
};

} // namespace paravane
