// SPDX-License-Identifier: Apache-2.0
//
// An io_uring of a few entries, to try things with.
#pragma once

#include <cstdint>
#include <memory>

#include <liburing.h>

#include "hypercall/host/result.hpp"

namespace paravane::probe {

class Ring {
  public:
    // flags: IORING_SETUP_*.
    [[nodiscard]] static Result<Ring> open(uint32_t flags);

    [[nodiscard]] io_uring *get() const { return ring_.get(); }

    // Submits the request that prepare() fills in and waits for its result: negative is an error number.
    // A Problem where there was no result at all within a second.
    template <typename Prepare> [[nodiscard]] Result<int> carry_out(const Prepare &prepare)
    {
        io_uring_sqe *entry = io_uring_get_sqe(ring_.get());
        if (entry == nullptr)
            return Problem{"the submission queue is full"};
        prepare(entry);
        return result_of_submission();
    }

  private:
    struct Exit {
        void operator()(io_uring *ring) const;
    };

    explicit Ring(std::unique_ptr<io_uring, Exit> ring) : ring_(std::move(ring)) {}

    [[nodiscard]] Result<int> result_of_submission();

    std::unique_ptr<io_uring, Exit> ring_;
};

} // namespace paravane::probe
