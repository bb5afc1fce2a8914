// SPDX-License-Identifier: Apache-2.0
//
// What happens at each fence, after each acquire and before each release: see hooked_access.h.
#pragma once

#include <functional>
#include <utility>

namespace paravane::backend_test {

inline std::function<void()> at_fence;
inline std::function<void()> at_acquire;
inline std::function<void()> at_release;

// At the first of them alone.
inline std::function<void()> once(std::function<void()> act)
{
    return [act = std::move(act), done = false]() mutable {
        if (!std::exchange(done, true))
            act();
    };
}

} // namespace paravane::backend_test
