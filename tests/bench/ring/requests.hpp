// SPDX-License-Identifier: Apache-2.0
//
// A device queue with a back end that answers at once: 32-byte requests, 16-byte responses, ids
// checked on both sides, both polling.
#pragma once

#include <cstdint>
#include <string>

#include "ring/setting.hpp"

namespace paravane::bench {

// Cycles per request, with `depth` in flight, 1 to 32. At depth 1 that is the round trip.
[[nodiscard]] double measure_requests(const Setting &setting, uint32_t depth, std::string &error);

} // namespace paravane::bench
