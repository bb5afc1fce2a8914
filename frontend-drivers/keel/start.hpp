// SPDX-License-Identifier: Apache-2.0
//
// The start info, copied out of the host's page at boot.
#pragma once

#include <cstdint>

#include "frontend-drivers/keel/address.hpp"
#include <paravane/hypercall.h>
#include <paravane/start_info.h>

namespace keel {

struct Start {
    uint32_t abi_version = 0;
    uint64_t features = 0;
    uint32_t domain = 0;
    uint32_t vehicle = 0;
    uint32_t vcpus = 0;
    uint32_t direct_events = 0;
    GuestAddress hypercall_page;
    GuestAddress time_page;
    GuestAddress event_area;
    GuestAddress grant_table;
    uint64_t grant_entries = 0;
    GuestAddress command_line;
    uint32_t command_line_bytes = 0;
    GuestAddress interrupt_end; // 0: none
    GuestAddress ram_base;
    uint64_t ram_bytes = 0;
    GuestAddress free_base;
    GuestAddress store_area;
    uint64_t store_bytes = 0;
    uint32_t store_port = 0; // 0: none
    GuestAddress arena_base;
    uint64_t arena_bytes = 0;
    uint64_t epoch = 0;   // at boot
    uint64_t counter = 0; // of the processor, at entry

    [[nodiscard]] bool offers(uint64_t feature) const { return (features & feature) != 0; }
};

// Filled in before anything else runs, and constant from then on.
[[nodiscard]] const Start &start();

} // namespace keel
