// SPDX-License-Identifier: Apache-2.0
//
// What happens at each fence: see hooked_access.h.
#pragma once

#include <functional>

namespace paravane::backend_test {

inline std::function<void()> at_fence;

} // namespace paravane::backend_test
