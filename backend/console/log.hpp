// SPDX-License-Identifier: Apache-2.0
//
// Where a killed console process got to, in memory of the host's own. Each word is the index of a ring:
// bytes since the connection began, modulo 2^32. There is no log of output but the pipe: the supervisor
// reads a dead process's pipe to its end, and what came through it is what was delivered.
#pragma once

#include <cstddef>
#include <cstdint>

#include <paravane/shared_memory.hpp>

namespace paravane::console {

// Never accessed but by the functions below.
struct Log {
    uint32_t
        output_taken;     // the supervisor's, before a process starts: what all before it delivered
    uint32_t input_shown; // the process's: what lies in the ring, or lay there and was read
};

static_assert(sizeof(Log) == 8);

inline uint32_t output_taken(const SharedMemory &log)
{
    return pv_shared_load_acquire(log.at(offsetof(Log, output_taken)));
}

inline void set_output_taken(const SharedMemory &log, uint32_t index)
{
    pv_shared_store_release(log.at(offsetof(Log, output_taken)), index);
}

inline uint32_t input_shown(const SharedMemory &log)
{
    return pv_shared_load_acquire(log.at(offsetof(Log, input_shown)));
}

// Comes after the bytes are in the ring, and before the guest is shown them: whoever attaches there
// again shows the guest what it may have seen, and nothing else.
inline void set_input_shown(const SharedMemory &log, uint32_t index)
{
    pv_shared_store_release(log.at(offsetof(Log, input_shown)), index);
}

} // namespace paravane::console
