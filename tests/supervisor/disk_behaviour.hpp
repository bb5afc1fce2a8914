// SPDX-License-Identifier: Apache-2.0
//
// What a test wants its disk's process to do, as the depth of its queues.
#pragma once

#include <cstdint>

namespace paravane::disk_behaviour {

inline constexpr uint32_t serves = 2;
// Begins with a read of a FIFO, and dies; its successor tells what it finds in the log.
inline constexpr uint32_t waits = 4;
// The same with requests of every kind, some of them completed.
inline constexpr uint32_t leaves = 16;
// Refuses with what it was given.
inline constexpr uint32_t tells = 32;

// In the environment: the path of the FIFO.
inline constexpr const char *fifo = "PARAVANE_TEST_FIFO";

} // namespace paravane::disk_behaviour
