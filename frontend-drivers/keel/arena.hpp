// SPDX-License-Identifier: Apache-2.0
//
// The arena's frames, given out in runs of whole pages. Backends may write all of it at any moment, so
// nothing of the allocator's own lies in it, and what is given out is reached through pv_shared alone.
#pragma once

#include <cstdint>
#include <span>

#include "frontend-drivers/keel/address.hpp"
#include "frontend-drivers/keel/spinlock.hpp"

namespace keel {

class Arena {
  public:
    static constexpr uint64_t page = 4096;

    struct Run {
        GuestAddress base;
        uint64_t pages = 0; // 0: there is none

        [[nodiscard]] bool good() const { return pages != 0; }
    };

    constexpr Arena() = default;

    // How many words of marks so many bytes of arena need.
    [[nodiscard]] static constexpr uint64_t words_for(uint64_t bytes)
    {
        return (bytes / page + word_bits - 1) / word_bits;
    }
    // Takes these frames, and zeroed private memory for the marks, for as long as it lives.
    void set(GuestAddress base, uint64_t bytes, std::span<uint64_t> marks);

    // The memory is as its last user left it. No pages are none.
    [[nodiscard]] Run allocate(uint64_t pages);
    // False, and nothing done, for what is not allocated, all of it.
    [[nodiscard]] bool release(const Run &run);

    [[nodiscard]] uint64_t pages() const { return pages_; }
    [[nodiscard]] uint64_t free_pages() const { return free_pages_; }

  private:
    static constexpr uint64_t word_bits = 64;

    [[nodiscard]] bool marked(uint64_t number) const;
    void mark(uint64_t first, uint64_t count, bool taken);
    // The first run of so many free pages; pages_ if there is none.
    [[nodiscard]] uint64_t find(uint64_t wanted) const;

    GuestAddress base_;
    uint64_t pages_ = 0;
    uint64_t free_pages_ = 0;
    std::span<uint64_t> marks_; // a bit a page: taken
    Spinlock lock_;
};

} // namespace keel
