// SPDX-License-Identifier: Apache-2.0
//
// Text in which each place is known: lines of sixteen bytes, each of them its number in fifteen digits. A
// reader finds what is lost, doubled or out of its order.
#pragma once

#include <cstdint>
#include <span>

namespace keel::pattern {

constexpr uint64_t line_bytes = 16;

// Fills in what is at `first` and after it.
void fill(std::span<char> to, uint64_t first);

} // namespace keel::pattern
