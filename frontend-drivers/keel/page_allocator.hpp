// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 2^order pages, by the buddy method: a block is aligned to its size, and when both halves of
// one are free they are one again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "frontend-drivers/keel/spinlock.hpp"

namespace keel {

class PageAllocator {
  public:
    static constexpr std::size_t page = 4096;
    static constexpr uint32_t orders = 11; // the largest block is 4 MiB
    static constexpr std::size_t zones_max = 4;

    constexpr PageAllocator() = default;

    // Takes this memory, which must be zeroed, for as long as the allocator lives. A byte for each page
    // and what is not a whole page is lost. False when there are too many ranges.
    bool add(std::byte *memory, std::size_t bytes);

    // Null when there is none. The memory is as its last user left it.
    [[nodiscard]] void *allocate(uint32_t order);
    // False, and nothing done, for what is not an allocated block's beginning.
    [[nodiscard]] bool release(void *block);

    [[nodiscard]] std::size_t pages() const { return pages_; }
    [[nodiscard]] std::size_t free_pages() const { return free_pages_; }

    // The smallest order whose blocks hold so many bytes; `orders` if none does.
    [[nodiscard]] static uint32_t order_for(std::size_t bytes);

  private:
    // Lies at the beginning of each free block.
    struct Free {
        Free *next;
        Free *previous;
    };
    // A run of pages with a byte of state each. Pages have numbers from 0 on, counted from `base`, which
    // is a multiple of the largest block and may lie before the first page that is ours.
    struct Zone {
        uint64_t base = 0;
        uint64_t first = 0;
        uint64_t fresh = 0; // from here on nothing was ever taken, nor is in the lists
        uint64_t end = 0;
        std::byte *memory = nullptr; // page `first`
        uint8_t *states = nullptr;   // of page `first`
    };

    [[nodiscard]] static std::byte *at(const Zone &zone, uint64_t number);
    [[nodiscard]] static uint8_t &state(const Zone &zone, uint64_t number);
    [[nodiscard]] Zone *zone_of(const void *block);
    [[nodiscard]] static uint64_t number_in(const Zone &zone, const void *block);
    // Puts fresh pages into the lists until there is a block of this order; false if none is left. Memory
    // that is not needed is never touched, so that the host need not provide it.
    bool refill(uint32_t order);
    [[nodiscard]] Free *find(uint32_t order, uint32_t &found);
    void put(const Zone &zone, uint64_t number, uint32_t order);
    void take(const Zone &zone, uint64_t number, uint32_t order);

    std::array<Zone, zones_max> zones_{};
    std::size_t zone_count_ = 0;
    std::array<Free *, orders> free_{};
    std::size_t pages_ = 0;
    std::size_t free_pages_ = 0;
    Spinlock lock_;
};

} // namespace keel
