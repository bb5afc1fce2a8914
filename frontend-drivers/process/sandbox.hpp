// SPDX-License-Identifier: Apache-2.0
//
// What the process of a guest may still ask of Linux: to wait on a futex, to wake one, and to end.
#pragma once

#include "hypercall/host/result.hpp"

namespace paravane::process {

// For all threads, from now on and for ever.
[[nodiscard]] Result<void> enter_sandbox();

} // namespace paravane::process
