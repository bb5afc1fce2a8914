// SPDX-License-Identifier: Apache-2.0
//
// What one domain may have of the store, and what one call of it may cost. The host domain is exempt
// but for `events`, which bounds a session's memory.
#pragma once

#include <cstdint>

namespace paravane {

struct StoreLimits {
    uint32_t nodes = 1024;              // owned
    uint64_t bytes = 256 << 10;         // of the names and values of the nodes owned
    uint32_t watches = 128;             // registered
    uint32_t transactions = 8;          // open
    uint32_t touched = 1024;            // nodes that a transaction remembers
    uint64_t pending_bytes = 256 << 10; // of the names and values that a transaction remembers
    uint32_t removed = 4096;            // nodes that one rm may take, whoever owns them
    uint32_t events = 256;              // queued for a session, overflows not counted
};

// What a domain has now.
struct StoreUsage {
    uint32_t nodes = 0;
    uint64_t bytes = 0;
    uint32_t watches = 0;
    uint32_t transactions = 0;
};

} // namespace paravane
