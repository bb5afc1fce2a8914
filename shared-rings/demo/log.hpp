// SPDX-License-Identifier: Apache-2.0
//
// What a backend must not forget when it dies: memory that the supervisor keeps and only backends of
// this device map. The ring's other side cannot reach it.
//
// The order is the whole point. A request is logged before its slot is released, a response before
// its slot is filled. An entry counts only if the index beside it has moved past it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <new>

#include <sys/mman.h>

#include "device.hpp"

namespace paravane::demo {

enum class EntryState : uint32_t { free, taken, answered };

struct LogEntry {
    std::atomic<EntryState> state;
    uint32_t request_index = 0;
    uint32_t response_index = 0;
    AddRequest request = {};
    AddResponse response = {};
};

struct LogContents {
    std::atomic<uint32_t> taken;    // requests before this index are in the log or done
    std::atomic<uint32_t> answered; // responses before this index are in the log or seen
    std::atomic<uint64_t> replayed; // requests that a successor finished
    std::atomic<uint64_t> restored; // responses that a successor wrote again
    std::array<LogEntry, PV_RING_SLOTS_MAX> entry; // by request id
};

// Only a lock-free atomic keeps its meaning in memory shared between processes.
static_assert(std::atomic<EntryState>::is_always_lock_free);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

struct Unmap {
    void operator()(LogContents *log) const { munmap(log, sizeof(LogContents)); }
};

// Shared with the children of this process. Zeroed: every entry is free. Null when there is no memory.
using Log = std::unique_ptr<LogContents, Unmap>;

inline Log make_log()
{
    void *memory = mmap(nullptr, sizeof(LogContents), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return Log(memory == MAP_FAILED ? nullptr : new (memory) LogContents());
}

} // namespace paravane::demo
