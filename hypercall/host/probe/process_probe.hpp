// SPDX-License-Identifier: Apache-2.0
//
// What backends and process guests ask of Linux besides memory: eventfd, descriptors sent over sockets,
// seccomp.
#pragma once

#include "hypercall/host/probe/finding.hpp"

namespace paravane::probe {

// Starts child processes: call it while there is one thread.
[[nodiscard]] Section probe_processes();

} // namespace paravane::probe
