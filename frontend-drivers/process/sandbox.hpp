// SPDX-License-Identifier: Apache-2.0
//
// What the process of a guest gives up. In builds with sanitizers that is the second alone: nothing of theirs
// runs in the guest.
#pragma once

#include "hypercall/host/result.hpp"

namespace paravane::process {

// Before anything else: namespaces of its own with an empty root, as far as the host lets it; no
// capabilities, no new privileges, not to be traced.
[[nodiscard]] Result<void> leave_host();

// Before the guest's first instruction, for all threads and for ever: what may still be asked of Linux is
// to wait on a futex, to wake one, and to end.
[[nodiscard]] Result<void> enter_sandbox();

} // namespace paravane::process
