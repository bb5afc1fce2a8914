// SPDX-License-Identifier: Apache-2.0
//
// Memory to try things with: files without a name, and mappings that are undone.
#pragma once

#include <cstddef>
#include <utility>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::probe {

// flags: MFD_*; close-on-exec is always among them.
[[nodiscard]] Result<UniqueFd> create_memory_file(size_t bytes, unsigned int flags);

class Mapping {
  public:
    [[nodiscard]] static Result<Mapping> anonymous(size_t bytes);
    // Shared, readable and writable.
    [[nodiscard]] static Result<Mapping> of_file(const UniqueFd &file, size_t bytes);

    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    Mapping(Mapping &&other) noexcept
        : address_(std::exchange(other.address_, nullptr)), bytes_(other.bytes_)
    {
    }
    Mapping &operator=(Mapping &&) = delete;
    ~Mapping();

    [[nodiscard]] void *address() const { return address_; }
    [[nodiscard]] size_t bytes() const { return bytes_; }
    // 0 or an error number: gives every page its memory now, where touching it would be a signal.
    [[nodiscard]] int populate() const;

  private:
    Mapping(void *address, size_t bytes) : address_(address), bytes_(bytes) {}

    void *address_;
    size_t bytes_;
};

} // namespace paravane::probe
