// SPDX-License-Identifier: Apache-2.0
//
// What a dead process of a disk did not live to write into its log: what it had begun and the medium has
// finished. Its successor does the rest again.
#pragma once

#include <cstdint>

#include "backend/blk/log.hpp"
#include "backend/engine/kept_ring.hpp"

namespace paravane::blk {

// What the completion of a request is known by in the data ring.
[[nodiscard]] constexpr uint64_t completion_of(uint32_t queue, uint32_t id)
{
    return uint64_t{queue} << 16 | id;
}

// Writes into the log what the ring's completions say, of which none is still to come. How many requests
// that were. What lies in log and ring is a stranger's: it may lie, about this disk, and do nothing else.
uint32_t settle(const Log &log, const KeptRing &ring);

} // namespace paravane::blk
