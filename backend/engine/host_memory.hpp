// SPDX-License-Identifier: Apache-2.0
//
// Memory that processes of the host share and no guest sees: a memfd, sealed against resizing, and its
// mapping. It takes frames where it is touched and nowhere else, so it may be large and mostly empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

class HostMemory {
  public:
    HostMemory() = default;
    HostMemory(const HostMemory &) = delete;
    HostMemory &operator=(const HostMemory &) = delete;
    HostMemory(HostMemory &&other) noexcept
        : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)), others_(other.others_)
    {
    }
    HostMemory &operator=(HostMemory &&other) noexcept
    {
        HostMemory(std::move(other)).swap(*this);
        return *this;
    }
    ~HostMemory();

    // Who else may write it.
    enum class Others : uint8_t { write, read };

    // Zeroed; at least `bytes`, rounded up to whole pages.
    [[nodiscard]] static Result<HostMemory> create(uint64_t bytes, Others others = Others::write);
    // Maps what another process made, as it lets us. One that can still be resized under us is refused.
    [[nodiscard]] static Result<HostMemory> adopt(UniqueFd fd);

    [[nodiscard]] std::byte *data() const { return data_; }
    [[nodiscard]] uint64_t size() const { return size_; }
    [[nodiscard]] int fd() const { return fd_.get(); }
    // What we may, if it was adopted.
    [[nodiscard]] Others others() const { return others_; }

  private:
    [[nodiscard]] static Result<HostMemory> map(UniqueFd fd, uint64_t bytes, Others others);
    void swap(HostMemory &other) noexcept;

    UniqueFd fd_;
    std::byte *data_ = nullptr; // null: of nothing
    uint64_t size_ = 0;
    Others others_ = Others::write;
};

} // namespace paravane
