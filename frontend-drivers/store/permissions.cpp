// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/store/permissions.hpp"

namespace keel::store {

pv_store_permissions on_wire(const Permissions &permissions)
{
    pv_store_permissions wire = {};

    wire.owner = pv_le16_of(permissions.owner);
    wire.others = pv_le16_of(permissions.others);
    wire.grants = pv_le16_of(permissions.grants);
    for (std::size_t i = 0; i < permissions.grants && i < permissions.grant.size(); i++) {
        wire.grant[i].domain = pv_le16_of(permissions.grant[i].domain);
        wire.grant[i].rights = pv_le16_of(permissions.grant[i].rights);
    }
    return wire;
}

Permissions from_wire(const pv_store_permissions &wire)
{
    Permissions permissions = {pv_le16_get(wire.owner), pv_le16_get(wire.others),
                               pv_le16_get(wire.grants)};

    for (std::size_t i = 0; i < permissions.grants && i < permissions.grant.size(); i++)
        permissions.grant[i] = {pv_le16_get(wire.grant[i].domain),
                                pv_le16_get(wire.grant[i].rights)};
    return permissions;
}

bool well_formed(const pv_store_permissions &wire)
{
    const std::size_t grants = pv_le16_get(wire.grants);

    if ((pv_le16_get(wire.others) & ~PV_STORE_RIGHTS) != 0 || grants > PV_STORE_GRANTS_MAX ||
        pv_le16_get(wire.reserved) != 0)
        return false;
    for (std::size_t i = 0; i < PV_STORE_GRANTS_MAX; i++) {
        const uint32_t rights = pv_le16_get(wire.grant[i].rights);
        if (i < grants ? (rights & ~PV_STORE_RIGHTS) != 0
                       : rights != 0 || pv_le16_get(wire.grant[i].domain) != 0)
            return false;
    }
    return true;
}

} // namespace keel::store
