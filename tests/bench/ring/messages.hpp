// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "report/cycles.hpp"

namespace paravane::bench {

template <uint32_t Bytes> struct Message {
    std::array<uint64_t, Bytes / 8> words;
};

// Tells the compiler that the messages are read and written here, so that no copy into or out of them
// can be left out.
inline void used(const void *messages)
{
    asm volatile("" : : "r"(messages) : "memory");
}

inline void pauses(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        pause();
}

} // namespace paravane::bench
