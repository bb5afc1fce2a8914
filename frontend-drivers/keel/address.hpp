// SPDX-License-Identifier: Apache-2.0
//
// Addresses as numbers. All of guest memory is mapped at one distance from its guest-physical address,
// so each kind follows from the other; the conversions to and from pointers are here and nowhere else.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>

#include <paravane/layout.h>

extern "C" {
#include <paravane/shared.h>
}

namespace keel {

// Guest-physical: what hypercalls take.
struct GuestAddress {
    uint64_t value = 0;
    auto operator<=>(const GuestAddress &) const = default;
};

inline uint64_t number_of(const volatile void *pointer)
{
    return std::bit_cast<uint64_t>(pointer);
}

inline GuestAddress guest_address_of(const volatile void *pointer)
{
    return {number_of(pointer) - PV_GUEST_VIRTUAL_BASE};
}

inline uint64_t virtual_of(GuestAddress address)
{
    return address.value + PV_GUEST_VIRTUAL_BASE;
}

// For memory that is the guest's alone. What others write is reached through shared_at().
template <typename T> T *pointer_to(uint64_t virtual_address)
{
    return std::bit_cast<T *>(virtual_address);
}

inline pv_shared shared_at(GuestAddress address)
{
    return {virtual_of(address)};
}

} // namespace keel
