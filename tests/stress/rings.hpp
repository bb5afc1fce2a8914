// SPDX-License-Identifier: Apache-2.0
//
// Every C header of the rings, as C++ sees them, and memory in which a ring is already old.
#pragma once

extern "C" {
#include <paravane/backend_queue.h>
#include <paravane/blk.h>
#include <paravane/consumer.h>
#include <paravane/frontend_queue.h>
#include <paravane/producer.h>
#include <paravane/stream.h>
}

namespace paravane::stress {

// A fresh ring whose two sides attach at `index`, as if that many messages had passed.
inline void format_at(pv_shared memory, uint64_t bytes, uint32_t index)
{
    pv_ring_format(memory, bytes);
    pv_shared_store_relaxed(pv_shared_at(memory, offsetof(pv_ring_control, producer)), index);
    pv_shared_store_relaxed(pv_shared_at(memory, offsetof(pv_ring_control, consumer)), index);
}

} // namespace paravane::stress
