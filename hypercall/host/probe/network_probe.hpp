// SPDX-License-Identifier: Apache-2.0
//
// TAP interfaces and network namespaces of this host.
#pragma once

#include "hypercall/host/probe/finding.hpp"

namespace paravane::probe {

// Starts child processes: call it while there is one thread.
[[nodiscard]] Section probe_network();

} // namespace paravane::probe
