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
    friend constexpr auto operator<=>(GuestAddress, GuestAddress) = default;
};

struct GuestVirtual {
    uint64_t value = 0;
    friend constexpr auto operator<=>(GuestVirtual, GuestVirtual) = default;
};

} // namespace paravane
