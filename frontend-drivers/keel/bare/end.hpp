// SPDX-License-Identifier: Apache-2.0
//
// The image's end, and what an exception makes of it.
#pragma once

#include <cstdint>

namespace keel::bare {

// QEMU ends with status 2 * code + 1.
[[noreturn]] void end(uint8_t code);

constexpr uint8_t end_asked_for = 0;
constexpr uint8_t end_by_panic = 1;

void take_over_exceptions();

} // namespace keel::bare
