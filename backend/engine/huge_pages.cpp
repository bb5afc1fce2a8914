// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/huge_pages.hpp"

#include <cstddef>

#include <linux/mman.h>
#include <sys/mman.h>

namespace paravane {

namespace {

constexpr std::size_t page_bytes = 4096;

} // namespace

uint64_t gather_in_huge_pages(int memory_file, uint64_t bytes)
{
    const uint64_t room = bytes + huge_page_bytes;
    uint64_t gathered = 0;

    // A mapping of its own, since only one at a multiple of a huge page will do.
    void *const found =
        mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (found == MAP_FAILED)
        return 0;
    auto *const begin = static_cast<std::byte *>(found);
    const uint64_t before = -reinterpret_cast<uint64_t>(begin) % huge_page_bytes;
    std::byte *const content = begin + before;
    if (mmap(content, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, memory_file, 0) == content) {
        for (uint64_t at = 0; at + huge_page_bytes <= bytes; at += huge_page_bytes) {
            // The kernel gathers only what is not altogether empty. One before 6.1 does not know how, and refuses.
            if (madvise(content + at, page_bytes, MADV_POPULATE_READ) == 0 &&
                madvise(content + at, huge_page_bytes, MADV_COLLAPSE) == 0)
                gathered += huge_page_bytes;
        }
    }
    munmap(found, room);
    return gathered;
}

} // namespace paravane
