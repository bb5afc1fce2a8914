// SPDX-License-Identifier: Apache-2.0
//
// The kernel's memory: all RAM that is not in use when it starts.
#pragma once

#include <cstdint>

#include "frontend-drivers/keel/arena.hpp"
#include "frontend-drivers/keel/heap.hpp"
#include "frontend-drivers/keel/page_allocator.hpp"
#include <paravane/hypercall.h>

namespace keel {

namespace memory {

void initialise();

struct Region {
    uint64_t base = 0;
    uint64_t bytes = 0;
    uint32_t flags = 0; // PV_MEMORY_ bits
    uint32_t node = 0;
};

// False past the last.
[[nodiscard]] bool region(uint32_t index, Region &region);

} // namespace memory

[[nodiscard]] PageAllocator &pages();
[[nodiscard]] Heap &heap();
// Without a page where the host gives none.
[[nodiscard]] Arena &arena();

} // namespace keel
