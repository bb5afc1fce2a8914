// SPDX-License-Identifier: Apache-2.0
//
// What a process guest's call costs at least: a word that goes to another process and back, both asleep
// while they wait.
#pragma once

#include <cstdint>

#include "hypercall/host/result.hpp"
#include "ring/cores.hpp"

namespace paravane::bench {

// Nanoseconds there and back, of so many.
[[nodiscard]] Result<double> measure_bare_futex(const Cores &cores, uint32_t count);

} // namespace paravane::bench
