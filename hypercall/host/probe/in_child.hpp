// SPDX-License-Identifier: Apache-2.0
//
// Tries something in a child process, so that it changes nothing here.
#pragma once

#include <functional>

#include "hypercall/host/result.hpp"

namespace paravane::probe {

// What attempt returned, which must be 0 to 255: an error number, usually. It runs with one thread and may
// only make system calls. A Problem where there was no child, or where it was killed.
[[nodiscard]] Result<int> in_child(const std::function<int()> &attempt);

} // namespace paravane::probe
