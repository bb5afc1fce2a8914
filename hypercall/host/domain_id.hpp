// SPDX-License-Identifier: Apache-2.0
//
// The number of a domain. A type of its own, so that it is never taken for a port or a count.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace paravane {

struct DomainId {
    uint16_t value = 0;

    friend constexpr bool operator==(DomainId, DomainId) = default;
    friend constexpr auto operator<=>(DomainId left, DomainId right)
    {
        return left.value <=> right.value;
    }
};

inline constexpr DomainId host_domain{0};

} // namespace paravane

template <> struct std::hash<paravane::DomainId> {
    size_t operator()(paravane::DomainId domain) const noexcept { return domain.value; }
};
