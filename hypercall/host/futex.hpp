// SPDX-License-Identifier: Apache-2.0
//
// Waiting on a word of memory that another process maps too.
#pragma once

#include <cstdint>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
#include <paravane/shared.h>
}

namespace paravane {

// Returns when the word may no longer hold `value`; also for no reason.
inline void futex_wait(pv_shared word, uint32_t value)
{
    syscall(SYS_futex, word.address, FUTEX_WAIT, value, nullptr, nullptr, 0);
}

inline void futex_wake(pv_shared word)
{
    syscall(SYS_futex, word.address, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

} // namespace paravane
