// SPDX-License-Identifier: Apache-2.0
//
// A file of the host as a polled disk: raw io_uring with a registered file and registered buffers in huge pages,
// which is as fast as the host itself reaches it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <liburing.h>

#include "frontend-drivers/blk/workload/disk.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

extern "C" {
#include <paravane/shared.h>
}

namespace paravane::bench::blk {

enum class UringMode : uint8_t {
    plain,     // sleeps in the kernel until something is completed
    busy_poll, // looks at the completions in user space, again and again
    sqpoll     // and a thread of the kernel takes the submissions
};

struct UringPlan {
    UringMode mode = UringMode::plain;
    int sqpoll_core = -1; // -1: any
    uint32_t depth = 1;
    uint32_t bytes = 4096; // of a request
};

class UringDisk {
  public:
    [[nodiscard]] static Result<std::unique_ptr<UringDisk>> open(const std::string &path,
                                                                 const UringPlan &plan);
    UringDisk(const UringDisk &) = delete;
    UringDisk &operator=(const UringDisk &) = delete;
    ~UringDisk();

    [[nodiscard]] bool put(const keel::workload::Io &io)
    {
        using keel::workload::Kind;
        io_uring_sqe *entry = io_uring_get_sqe(&ring_);

        if (entry == nullptr)
            return false;
        const uint64_t offset = io.sector * 512;
        const uint32_t bytes = io.sectors * 512;
        if (io.kind == Kind::read)
            io_uring_prep_read_fixed(entry, 0, memory_ + io.buffer * stride_, bytes, offset, 0);
        else if (io.kind == Kind::write)
            io_uring_prep_write_fixed(entry, 0, memory_ + io.buffer * stride_, bytes, offset, 0);
        else
            io_uring_prep_fsync(entry, 0, IORING_FSYNC_DATASYNC);
        entry->flags |= IOSQE_FIXED_FILE;
        entry->user_data = uint64_t{bytes} << 32 | io.tag;
        return true;
    }

    void kick()
    {
        if (plan_.mode == UringMode::plain)
            return; // together with the wait
        (void)io_uring_submit(&ring_);
    }

    template <typename Done> uint32_t poll(const Done &done)
    {
        if (plan_.mode == UringMode::plain)
            (void)io_uring_submit_and_wait(&ring_, 1);
        const unsigned int found = io_uring_peek_batch_cqe(
            &ring_, completions_.data(), static_cast<unsigned int>(completions_.size()));
        for (unsigned int i = 0; i < found; i++) {
            const io_uring_cqe &completion = *completions_[i];
            const auto wanted = static_cast<int32_t>(completion.user_data >> 32);
            const int32_t result = completion.res;
            done(static_cast<uint32_t>(completion.user_data),
                 result == wanted ? 0 : std::min(result, -EIO));
        }
        io_uring_cq_advance(&ring_, found);
        completed_ += found;
        return found;
    }

    [[nodiscard]] uint64_t sectors() const { return sectors_; }
    [[nodiscard]] pv_shared buffer(uint32_t number) const
    {
        return pv_shared_from_pointer(memory_ + number * stride_);
    }
    [[nodiscard]] uint64_t completed() const { return completed_; }

  private:
    explicit UringDisk(const UringPlan &plan) : plan_(plan) {}
    [[nodiscard]] Result<void> start(const std::string &path);
    [[nodiscard]] Result<void> make_buffers();

    UringPlan plan_;
    UniqueFd file_;
    io_uring ring_{};
    bool has_ring_ = false;
    std::byte *memory_ = nullptr;
    uint64_t stride_ = 0;
    uint64_t memory_bytes_ = 0;
    uint64_t sectors_ = 0;
    uint64_t completed_ = 0;
    std::array<io_uring_cqe *, 64> completions_{};
};

} // namespace paravane::bench::blk
