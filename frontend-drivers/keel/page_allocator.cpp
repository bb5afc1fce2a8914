// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/page_allocator.hpp"

#include <algorithm>
#include <bit>

namespace keel {

namespace {

// A page's state: 0 within a block, or of a block's first page one of these and the order.
constexpr uint8_t free_head = 0x40;
constexpr uint8_t used_head = 0x80;
constexpr uint8_t order_bits = 0x0f;

constexpr uint64_t largest = PageAllocator::page << (PageAllocator::orders - 1);

constexpr uint64_t pages_of(uint32_t order)
{
    return uint64_t{1} << order;
}

} // namespace

std::byte *PageAllocator::at(const Zone &zone, uint64_t number)
{
    return zone.memory + (number - zone.first) * page;
}

uint8_t &PageAllocator::state(const Zone &zone, uint64_t number)
{
    return zone.states[number - zone.first];
}

uint64_t PageAllocator::number_in(const Zone &zone, const void *block)
{
    return (std::bit_cast<uint64_t>(block) - zone.base) / page;
}

PageAllocator::Zone *PageAllocator::zone_of(const void *block)
{
    const auto address = std::bit_cast<uint64_t>(block);
    for (std::size_t i = 0; i < zone_count_; i++) {
        Zone &zone = zones_[i];
        if (address >= zone.base + zone.first * page && address < zone.base + zone.end * page)
            return &zone;
    }
    return nullptr;
}

bool PageAllocator::add(std::byte *memory, std::size_t bytes)
{
    const Locked held(lock_);
    const auto address = std::bit_cast<uint64_t>(memory);
    const uint64_t lost = (page - address % page) % page;

    if (zone_count_ == zones_max)
        return false;
    if (bytes < lost + 2 * page)
        return true;
    const uint64_t whole = (bytes - lost) / page;
    const uint64_t state_pages = (whole + page - 1) / page;
    Zone &zone = zones_[zone_count_++];

    zone.states = std::bit_cast<uint8_t *>(memory + lost);
    zone.memory = memory + lost + state_pages * page;
    const uint64_t begin = address + lost + state_pages * page;
    zone.base = begin / largest * largest;
    zone.first = (begin - zone.base) / page;
    zone.fresh = zone.first;
    zone.end = zone.first + whole - state_pages;
    pages_ += zone.end - zone.first;
    free_pages_ += zone.end - zone.first;
    return true;
}

bool PageAllocator::refill(uint32_t order)
{
    for (std::size_t i = 0; i < zone_count_; i++) {
        Zone &zone = zones_[i];
        while (zone.fresh < zone.end) {
            // The largest block that begins here and ends within the zone.
            const auto aligned = static_cast<uint32_t>(std::countr_zero(zone.fresh));
            const auto fits = static_cast<uint32_t>(std::bit_width(zone.end - zone.fresh) - 1);
            const uint32_t largest_here = std::min({aligned, fits, orders - 1});
            put(zone, zone.fresh, largest_here);
            zone.fresh += pages_of(largest_here);
            if (largest_here >= order)
                return true;
        }
    }
    return false;
}

PageAllocator::Free *PageAllocator::find(uint32_t order, uint32_t &found)
{
    for (found = order; found < orders; found++) {
        if (free_[found] != nullptr)
            return free_[found];
    }
    return nullptr;
}

void PageAllocator::put(const Zone &zone, uint64_t number, uint32_t order)
{
    auto *block = std::bit_cast<Free *>(at(zone, number));

    block->previous = nullptr;
    block->next = free_[order];
    if (block->next != nullptr)
        block->next->previous = block;
    free_[order] = block;
    state(zone, number) = static_cast<uint8_t>(free_head | order);
}

void PageAllocator::take(const Zone &zone, uint64_t number, uint32_t order)
{
    auto *block = std::bit_cast<Free *>(at(zone, number));

    if (block->next != nullptr)
        block->next->previous = block->previous;
    if (block->previous != nullptr)
        block->previous->next = block->next;
    else
        free_[order] = block->next;
    state(zone, number) = 0;
}

void *PageAllocator::allocate(uint32_t order)
{
    const Locked held(lock_);
    uint32_t found = 0;

    if (order >= orders)
        return nullptr;
    Free *block = find(order, found);
    if (block == nullptr && refill(order))
        block = find(order, found);
    if (block == nullptr)
        return nullptr;
    const Zone *zone = zone_of(block);
    if (zone == nullptr)
        return nullptr;
    const uint64_t number = number_in(*zone, block);
    take(*zone, number, found);
    while (found > order) {
        found--;
        put(*zone, number + pages_of(found), found);
    }
    state(*zone, number) = static_cast<uint8_t>(used_head | order);
    free_pages_ -= pages_of(order);
    return block;
}

bool PageAllocator::release(void *block)
{
    const Locked held(lock_);
    const Zone *zone = zone_of(block);

    if (zone == nullptr || std::bit_cast<uint64_t>(block) % page != 0)
        return false;
    uint64_t number = number_in(*zone, block);
    if ((state(*zone, number) & used_head) == 0)
        return false;
    uint32_t order = state(*zone, number) & order_bits;
    state(*zone, number) = 0;
    free_pages_ += pages_of(order);
    for (; order + 1 < orders; order++) {
        const uint64_t buddy = number ^ pages_of(order);
        if (buddy < zone->first || buddy + pages_of(order) > zone->end ||
            state(*zone, buddy) != (free_head | order))
            break;
        take(*zone, buddy, order);
        number = std::min(number, buddy);
    }
    put(*zone, number, order);
    return true;
}

uint32_t PageAllocator::order_for(std::size_t bytes)
{
    uint32_t order = 0;

    while (order < orders && (page << order) < bytes)
        order++;
    return order;
}

} // namespace keel
