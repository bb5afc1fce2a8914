// SPDX-License-Identifier: Apache-2.0
//
// What a test wants its backend process to do.
#pragma once

#include <cstdint>

namespace paravane::behaviour {

inline constexpr uint32_t serves = 1;
inline constexpr uint32_t refuses = 2;
inline constexpr uint32_t dies = 3;
inline constexpr uint32_t dies_once = 4;  // the first one does, the next one serves
inline constexpr uint32_t breaks_off = 5; // connects, then refuses
inline constexpr uint32_t hangs = 6;      // when it is to disconnect
inline constexpr uint32_t babbles = 7;
inline constexpr uint32_t parts = 8;     // unasked
inline constexpr uint32_t rants = 9;     // refuses, at length and in colour
inline constexpr uint32_t inherits = 10; // writes its number into each descriptor behind the socket

} // namespace paravane::behaviour
