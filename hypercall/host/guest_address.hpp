// SPDX-License-Identifier: Apache-2.0
//
// Addresses of a guest, physical and virtual: numbers that cannot be dereferenced here, nor taken for
// one another.
#pragma once

#include <compare>
#include <cstdint>

namespace paravane {

struct GuestAddress {
    uint64_t value = 0;
    friend constexpr bool operator==(GuestAddress, GuestAddress) = default;
    friend constexpr auto operator<=>(GuestAddress left, GuestAddress right)
    {
        return left.value <=> right.value;
    }
};

struct GuestVirtual {
    uint64_t value = 0;
    friend constexpr bool operator==(GuestVirtual, GuestVirtual) = default;
    friend constexpr auto operator<=>(GuestVirtual left, GuestVirtual right)
    {
        return left.value <=> right.value;
    }
};

} // namespace paravane
