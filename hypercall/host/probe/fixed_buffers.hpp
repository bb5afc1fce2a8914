// SPDX-License-Identifier: Apache-2.0
//
// Buffers registered with io_uring: whether they work, and how much memory may be pinned for them.
#pragma once

#include "hypercall/host/probe/finding.hpp"

namespace paravane::probe {

[[nodiscard]] Subject fixed_buffers_subject();

// Needs an io_uring that works.
[[nodiscard]] Finding probe_fixed_buffers();

} // namespace paravane::probe
