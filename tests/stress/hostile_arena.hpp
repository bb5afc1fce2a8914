// SPDX-License-Identifier: Apache-2.0
//
// The memory that a hostile peer has in common with its victim: between two guard pages, with rings
// at both ends and a pattern in the middle that nobody may touch.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <vector>

#include <paravane/shared_memory.hpp>
#include <sys/mman.h>

#include "report.hpp"
#include "rings.hpp"

namespace paravane::stress {

class Arena {
  public:
    static constexpr uint32_t bytes = 128 * 1024;

    Arena()
    {
        std::error_code error;
        memory_ = SharedMemory::create(bytes, SharedMemory::Pages::normal, error);
        if (error)
            cannot("memfd", error.value());
        outside_ =
            mmap(nullptr, bytes + 2 * PV_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (outside_ == MAP_FAILED)
            fail("mmap: %s", std::strerror(errno));
        inside_ = mmap(static_cast<unsigned char *>(outside_) + PV_PAGE_SIZE, bytes,
                       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory_.fd(), 0);
        if (inside_ == MAP_FAILED)
            fail("mmap: %s", std::strerror(errno));
    }
    Arena(const Arena &) = delete;
    Arena &operator=(const Arena &) = delete;
    Arena(Arena &&) = delete;
    Arena &operator=(Arena &&) = delete;
    ~Arena() { munmap(outside_, bytes + 2 * PV_PAGE_SIZE); }

    [[nodiscard]] pv_shared at(uint32_t offset) const
    {
        return pv_shared_at(pv_shared_from_pointer(inside_), offset);
    }

    // Makes what lies outside the rings known: from now on, until they are laid anew.
    void forget() { forbidden_.clear(); }
    void forbid(uint32_t from, uint32_t to)
    {
        if (from == to)
            return;
        forbidden_.push_back({from, to - from});
        std::memset(static_cast<unsigned char *>(inside_) + from, pattern, to - from);
    }
    [[nodiscard]] bool untouched() const
    {
        return std::all_of(forbidden_.begin(), forbidden_.end(), [this](Range range) {
            const auto *first = static_cast<const unsigned char *>(inside_) + range.from;
            // Every byte is the pattern if the first is, and each is as the one before it.
            return first[0] == pattern && std::memcmp(first, first + 1, range.bytes - 1) == 0;
        });
    }

  private:
    struct Range {
        uint32_t from;
        uint32_t bytes;
    };

    static constexpr unsigned char pattern = 0xa5;

    SharedMemory memory_;
    void *outside_;
    void *inside_;
    std::vector<Range> forbidden_;
};

} // namespace paravane::stress
