// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's number for a backend process that uses a guest's grants.
#pragma once

#include <compare>
#include <cstdint>

namespace paravane {

struct BackendNumber {
    uint32_t value = 0;

    friend constexpr bool operator==(BackendNumber, BackendNumber) = default;
    friend constexpr auto operator<=>(BackendNumber left, BackendNumber right)
    {
        return left.value <=> right.value;
    }
};

} // namespace paravane
