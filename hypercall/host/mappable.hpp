// SPDX-License-Identifier: Apache-2.0
//
// Which ranges of virtual addresses a guest may map as it likes.
#pragma once

#include <cstdint>

#include <paravane/layout.h>

namespace paravane {

// One call changes at most so much, so that it ends soon.
inline constexpr uint64_t mapped_at_once_max = uint64_t{1} << 30;

constexpr bool whole_pages(uint64_t from, uint64_t bytes)
{
    return bytes > 0 && bytes <= mapped_at_once_max && from % PV_PAGE_SIZE == 0 &&
           bytes % PV_PAGE_SIZE == 0 && from <= UINT64_MAX - bytes;
}

// Lower-half addresses, but not where the host's pages and the interrupt controller are.
constexpr bool mappable(uint64_t from, uint64_t bytes)
{
    constexpr uint64_t end_of_addresses = uint64_t{1} << 47;
    constexpr uint64_t hosts = PV_GUEST_VIRTUAL_BASE + PV_HOST_PAGES;
    constexpr uint64_t hosts_end = PV_GUEST_VIRTUAL_BASE + PV_RAM_HOLE_END;

    return whole_pages(from, bytes) && from + bytes <= end_of_addresses &&
           (from + bytes <= hosts || from >= hosts_end);
}

} // namespace paravane
