// SPDX-License-Identifier: Apache-2.0
//
// What elements carry: their sequence number first, a checksum over all the rest last, and between
// the two words that depend on both.
#pragma once

#include <cstdint>
#include <cstring>

#include "random.hpp"

namespace paravane::stress {

inline uint64_t payload_word(const unsigned char *message, uint32_t which)
{
    uint64_t word = 0;
    std::memcpy(&word, message + size_t{8} * which, 8);
    return word;
}

inline uint64_t payload_sum(const unsigned char *message, uint32_t words, uint64_t key)
{
    uint64_t sum = key;
    for (uint32_t i = 0; i < words; i++)
        sum = (sum ^ payload_word(message, i)) * 0x9fb21c651e98df25U + (sum >> 31);
    return sum;
}

// `size` is a multiple of 8, and at least 16.
inline void fill_payload(unsigned char *message, uint32_t size, uint64_t key, uint64_t sequence)
{
    const uint32_t words = size / 8 - 1;
    uint64_t word = sequence;
    for (uint32_t i = 0; i < words; i++) {
        std::memcpy(message + size_t{8} * i, &word, 8);
        word = word * 0xd1342543de82ef95U + key;
    }
    const uint64_t sum = payload_sum(message, words, key);
    std::memcpy(message + size_t{8} * words, &sum, 8);
}

inline bool payload_intact(const unsigned char *message, uint32_t size, uint64_t key,
                           uint64_t sequence)
{
    const uint32_t words = size / 8 - 1;
    return payload_word(message, 0) == sequence &&
           payload_sum(message, words, key) == payload_word(message, words);
}

// The byte at a position of a stream that never repeats itself.
inline unsigned char stream_byte(uint64_t key, uint64_t position)
{
    return static_cast<unsigned char>(mixed(key + position / 8) >> (position % 8 * 8));
}

} // namespace paravane::stress
