// SPDX-License-Identifier: Apache-2.0
//
// Addresses that a host must refuse, and those at the edge of what it must not.
#pragma once

#include <array>
#include <cstdint>

#include "frontend-drivers/keel/memory.hpp"
#include <paravane/layout.h>

namespace keel::selftest {

// Guest-physical addresses where `bytes` bytes are not memory, or not all.
inline std::array<uint64_t, 10> bad_addresses(uint64_t bytes)
{
    memory::Region last;
    uint64_t end = 0; // of all memory

    for (uint32_t index = 0; memory::region(index, last); index++)
        end = last.base + last.bytes > end ? last.base + last.bytes : end;
    return {
        end,
        end - bytes + 1,                                // its last byte is one too many
        PV_HOST_PAGES + PV_HOST_PAGES_SIZE,             // a hole
        PV_HOST_PAGES + PV_HOST_PAGES_SIZE - bytes + 1, // into it
        PV_SYSTEM_PAGES,
        PV_DOORBELLS,
        UINT64_C(1) << 63,
        PV_GUEST_VIRTUAL_BASE, // a virtual address
        UINT64_MAX,
        UINT64_MAX - bytes + 2, // wraps
    };
}

} // namespace keel::selftest
