// SPDX-License-Identifier: Apache-2.0
//
// Memory of any size: small objects share pages with others of their size, large ones have blocks of
// pages to themselves.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "frontend-drivers/keel/page_allocator.hpp"

namespace keel {

class Heap {
  public:
    static constexpr std::size_t alignment = 16;

    // The pages must outlive the heap.
    explicit constexpr Heap(PageAllocator &pages) : pages_(pages) {}

    // Null when there is no memory left. `align` is a power of two of at most a page.
    [[nodiscard]] void *allocate(std::size_t bytes, std::size_t align = alignment);
    // False, and nothing done, for what is not allocated; null is nothing.
    [[nodiscard]] bool release(void *object);

    [[nodiscard]] std::size_t objects() const { return objects_; }

  private:
    static constexpr std::array<uint16_t, 14> sizes = {16,  32,  48,  64,  96,   128,  192,
                                                       256, 384, 512, 672, 1008, 1344, 2016};
    static constexpr std::size_t words = 4;

    // The head of a page of small objects.
    struct Slab {
        uint32_t magic;
        uint16_t kind; // index into `sizes`
        uint16_t used;
        Slab *next; // of those with room, of this size
        Slab *previous;
        std::array<uint64_t, words> taken; // a bit an object
    };

    [[nodiscard]] void *allocate_small(std::size_t kind);
    [[nodiscard]] bool release_small(void *object);
    [[nodiscard]] Slab *make_slab(std::size_t kind);
    void link(Slab &slab);
    void unlink(Slab &slab);

    PageAllocator &pages_;
    std::array<Slab *, sizes.size()> with_room_{};
    std::size_t objects_ = 0;
    Spinlock lock_;
};

} // namespace keel
