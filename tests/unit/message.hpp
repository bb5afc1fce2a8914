// SPDX-License-Identifier: Apache-2.0
//
// Messages whose every byte tells which message it is of, and where in it.
#pragma once

#include <cstdint>
#include <vector>

namespace paravane::unit {

inline unsigned char pattern(uint32_t sequence, uint64_t position)
{
    return static_cast<unsigned char>((sequence * 2654435761U >> 16) + position * 7 + 1);
}

inline void write_pattern(unsigned char *to, uint32_t sequence, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        to[i] = pattern(sequence, i);
}

inline std::vector<unsigned char> messages_from(uint32_t sequence, uint32_t count, uint32_t size)
{
    std::vector<unsigned char> bytes(uint64_t{count} * size);
    for (uint32_t i = 0; i < count; i++)
        write_pattern(&bytes[uint64_t{i} * size], sequence + i, size);
    return bytes;
}

inline bool is_pattern(const unsigned char *bytes, uint32_t sequence, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        if (bytes[i] != pattern(sequence, i))
            return false;
    return true;
}

} // namespace paravane::unit
