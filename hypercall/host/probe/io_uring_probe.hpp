// SPDX-License-Identifier: Apache-2.0
//
// What this host's io_uring can do of what the backends need.
#pragma once

#include "hypercall/host/probe/finding.hpp"

namespace paravane::probe {

[[nodiscard]] Section probe_io_uring();

} // namespace paravane::probe
