// SPDX-License-Identifier: Apache-2.0
//
// What this host's memory can do for guests: sealed memory files, huge pages, how much is free.
#pragma once

#include "hypercall/host/probe/finding.hpp"

namespace paravane::probe {

[[nodiscard]] Section probe_memory();

} // namespace paravane::probe
