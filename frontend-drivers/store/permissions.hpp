// SPDX-License-Identifier: Apache-2.0
//
// Who may do what with a node.
#pragma once

#include <array>
#include <cstdint>

extern "C" {
#include <paravane/store.h>
}

namespace keel::store {

struct Grant {
    uint16_t domain = 0;
    uint16_t rights = 0; // PV_STORE_RIGHT_ bits
};

struct Permissions {
    uint16_t owner = 0;
    uint16_t others = 0; // rights of all that have no grant
    uint16_t grants = 0; // how many of `grant` there are
    std::array<Grant, PV_STORE_GRANTS_MAX> grant{};
};

[[nodiscard]] pv_store_permissions on_wire(const Permissions &permissions);
// Of what was found well formed.
[[nodiscard]] Permissions from_wire(const pv_store_permissions &wire);
[[nodiscard]] bool well_formed(const pv_store_permissions &wire);

} // namespace keel::store
