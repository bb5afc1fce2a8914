// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/memory.hpp"

#include <new>

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/panic.hpp"

namespace keel {

namespace {

constinit PageAllocator all_pages;
constinit Heap the_heap(all_pages);
constinit Arena the_arena;

void add(uint64_t from, uint64_t end)
{
    if (from < end)
        (void)all_pages.add(pointer_to<std::byte>(virtual_of({from})), end - from);
}

void *allocate(std::size_t bytes, std::size_t align)
{
    void *object = the_heap.allocate(bytes, align);
    if (object == nullptr)
        panic("no memory left for {} bytes", bytes);
    return object;
}

void release(void *object)
{
    if (!the_heap.release(object))
        panic("freed what was not allocated: {x}", number_of(object));
}

void set_arena()
{
    const uint64_t words = Arena::words_for(start().arena_bytes);

    if (words == 0)
        return;
    auto *marks = new uint64_t[words]();
    the_arena.set(start().arena_base, start().arena_bytes, {marks, words});
}

} // namespace

namespace memory {

void initialise()
{
    const uint64_t ram_base = start().ram_base.value;
    Region found;

    add(start().free_base.value, ram_base + start().ram_bytes);
    for (uint32_t index = 0; region(index, found); index++) {
        // Ordinary memory in one more range, where not all of it fits below the hole.
        if (found.flags == PV_MEMORY_RAM && found.base != ram_base)
            add(found.base, found.base + found.bytes);
    }
    set_arena();
}

bool region(uint32_t index, Region &region)
{
    pv_memory_region described = {};

    if (hypercall::memory(PV_MEMORY_REGION, index, guest_address_of(&described).value) != 0)
        return false;
    region = {pv_le64_get(described.base), pv_le64_get(described.bytes),
              pv_le32_get(described.flags), pv_le32_get(described.node)};
    return true;
}

} // namespace memory

PageAllocator &pages()
{
    return all_pages;
}

Heap &heap()
{
    return the_heap;
}

Arena &arena()
{
    return the_arena;
}

} // namespace keel

void *operator new(std::size_t bytes)
{
    return keel::allocate(bytes, keel::Heap::alignment);
}

void *operator new[](std::size_t bytes)
{
    return keel::allocate(bytes, keel::Heap::alignment);
}

void *operator new(std::size_t bytes, std::align_val_t align)
{
    return keel::allocate(bytes, static_cast<std::size_t>(align));
}

void *operator new[](std::size_t bytes, std::align_val_t align)
{
    return keel::allocate(bytes, static_cast<std::size_t>(align));
}

void operator delete(void *object) noexcept
{
    keel::release(object);
}

void operator delete[](void *object) noexcept
{
    keel::release(object);
}

void operator delete(void *object, std::size_t /*bytes*/) noexcept
{
    keel::release(object);
}

void operator delete[](void *object, std::size_t /*bytes*/) noexcept
{
    keel::release(object);
}

void operator delete(void *object, std::align_val_t /*align*/) noexcept
{
    keel::release(object);
}

void operator delete[](void *object, std::align_val_t /*align*/) noexcept
{
    keel::release(object);
}

void operator delete(void *object, std::size_t /*bytes*/, std::align_val_t /*align*/) noexcept
{
    keel::release(object);
}

void operator delete[](void *object, std::size_t /*bytes*/, std::align_val_t /*align*/) noexcept
{
    keel::release(object);
}
