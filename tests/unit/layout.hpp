// SPDX-License-Identifier: Apache-2.0
//
// Where the words of a ring lie, written out again by hand: a test that took them from the headers
// would move with them.
#pragma once

#include <cstdint>

namespace paravane::unit::layout {

inline constexpr uint32_t producer_index = 0x000;
inline constexpr uint32_t producer_state = 0x004;
inline constexpr uint32_t producer_event = 0x080;
inline constexpr uint32_t consumer_index = 0x100;
inline constexpr uint32_t consumer_state = 0x104;
inline constexpr uint32_t consumer_event = 0x180;
inline constexpr uint32_t slots = 0x200;

inline constexpr uint32_t open = 0;
inline constexpr uint32_t closed = 1;

} // namespace paravane::unit::layout
