// SPDX-License-Identifier: Apache-2.0
//
// Sizes of the modelled world. Everything in it is a small array, so that an execution starts and a
// state is hashed without an allocation.
#pragma once

#include <array>
#include <cstdint>

namespace paravane::explorer {

inline constexpr std::uint8_t max_threads = 4;
inline constexpr std::uint8_t max_words = 16;
inline constexpr std::uint8_t max_messages = 96; // stores to one word in one execution, and 1
inline constexpr std::uint8_t max_cells = 128;   // units of plain memory
inline constexpr std::uint8_t max_ports = 8;
inline constexpr std::uint8_t nobody = 0xff; // the code before and after the threads

// What somebody knows: of each word the newest message (by its number), of each thread the newest
// of its epochs that happened before. The two parts differ: seq_cst fences order messages without
// making anything happen before anything.
struct View {
    std::array<std::uint8_t, max_words> message{};
    std::array<std::uint8_t, max_threads> epoch{};
};

} // namespace paravane::explorer
