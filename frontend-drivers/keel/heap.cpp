// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/heap.hpp"

#include <bit>

namespace keel {

namespace {

constexpr uint32_t slab_magic = 0x6b6c6162;
constexpr uint64_t head_bytes = 64;
constexpr uint64_t word_bits = 64;

constexpr uint64_t objects_in(uint64_t bytes)
{
    return (PageAllocator::page - head_bytes) / bytes;
}

} // namespace

void *Heap::allocate(std::size_t bytes, std::size_t align)
{
    void *object = nullptr;

    if (align > PageAllocator::page)
        return nullptr;
    const Locked held(lock_);
    if (align <= alignment && bytes <= sizes.back()) {
        std::size_t kind = 0;
        while (sizes[kind] < bytes)
            kind++;
        object = allocate_small(kind);
    } else {
        object = pages_.allocate(PageAllocator::order_for(bytes));
    }
    objects_ += object != nullptr ? 1 : 0;
    return object;
}

bool Heap::release(void *object)
{
    if (object == nullptr)
        return true;
    const Locked held(lock_);
    // A page begins with its head, so what begins a page is no small object.
    const bool done = std::bit_cast<uint64_t>(object) % PageAllocator::page == 0
                          ? pages_.release(object)
                          : release_small(object);
    objects_ -= done ? 1 : 0;
    return done;
}

Heap::Slab *Heap::make_slab(std::size_t kind)
{
    static_assert(sizeof(Slab) <= head_bytes && objects_in(sizes[0]) <= words * word_bits);
    auto *slab = static_cast<Slab *>(pages_.allocate(0));

    if (slab == nullptr)
        return nullptr;
    *slab = {};
    slab->magic = slab_magic;
    slab->kind = static_cast<uint16_t>(kind);
    link(*slab);
    return slab;
}

void *Heap::allocate_small(std::size_t kind)
{
    Slab *slab = with_room_[kind] != nullptr ? with_room_[kind] : make_slab(kind);

    if (slab == nullptr)
        return nullptr;
    uint64_t index = 0;
    for (uint64_t &word : slab->taken) {
        const auto bit = static_cast<uint64_t>(std::countr_one(word));
        if (bit < word_bits) {
            index += bit;
            word |= uint64_t{1} << bit;
            break;
        }
        index += word_bits;
    }
    slab->used++;
    if (slab->used == objects_in(sizes[kind]))
        unlink(*slab);
    return std::bit_cast<std::byte *>(slab) + head_bytes + index * sizes[kind];
}

bool Heap::release_small(void *object)
{
    const uint64_t offset = std::bit_cast<uint64_t>(object) % PageAllocator::page;
    auto *slab = std::bit_cast<Slab *>(static_cast<std::byte *>(object) - offset);

    if (slab->magic != slab_magic || slab->kind >= sizes.size() || offset < head_bytes)
        return false;
    const uint64_t bytes = sizes[slab->kind];
    const uint64_t index = (offset - head_bytes) / bytes;
    const uint64_t bit = uint64_t{1} << (index % word_bits);
    if ((offset - head_bytes) % bytes != 0 || index >= objects_in(bytes) ||
        (slab->taken[index / word_bits] & bit) == 0)
        return false;

    slab->taken[index / word_bits] &= ~bit;
    if (slab->used == objects_in(bytes))
        link(*slab);
    slab->used--;
    // One empty page is kept, so that one object that comes and goes does not cost a page each time.
    if (slab->used == 0 && (slab->next != nullptr || slab->previous != nullptr)) {
        unlink(*slab);
        slab->magic = 0;
        return pages_.release(slab);
    }
    return true;
}

void Heap::link(Slab &slab)
{
    slab.previous = nullptr;
    slab.next = with_room_[slab.kind];
    if (slab.next != nullptr)
        slab.next->previous = &slab;
    with_room_[slab.kind] = &slab;
}

void Heap::unlink(Slab &slab)
{
    if (slab.next != nullptr)
        slab.next->previous = slab.previous;
    if (slab.previous != nullptr)
        slab.previous->next = slab.next;
    else
        with_room_[slab.kind] = slab.next;
    slab.next = nullptr;
    slab.previous = nullptr;
}

} // namespace keel
