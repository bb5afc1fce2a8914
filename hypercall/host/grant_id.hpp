// SPDX-License-Identifier: Apache-2.0
//
// The number of an entry in a grant table.
#pragma once

#include <compare>
#include <cstdint>

#include <paravane/grant.h>

namespace paravane {

struct GrantId {
    uint32_t value = 0; // 1 to PV_GRANT_ENTRIES - 1; 0 is none

    [[nodiscard]] constexpr bool good() const { return value > 0 && value < PV_GRANT_ENTRIES; }
    friend constexpr bool operator==(GrantId, GrantId) = default;
    friend constexpr auto operator<=>(GrantId left, GrantId right)
    {
        return left.value <=> right.value;
    }
};

} // namespace paravane
