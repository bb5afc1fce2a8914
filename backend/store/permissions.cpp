// SPDX-License-Identifier: Apache-2.0
#include "backend/store/permissions.hpp"

#include <algorithm>

namespace paravane {

bool Permissions::add(const Grant &grant)
{
    const auto same = [&](const Grant &other) { return other.subject == grant.subject; };
    if (count_ == grants_.size() || std::any_of(grants_.begin(), grants_.begin() + count_, same))
        return false;
    grants_[count_++] = grant;
    return true;
}

Rights Permissions::rights_of(const Subject &who) const
{
    if (is_mighty(who))
        return PV_STORE_RIGHTS;
    for (const Grant &grant : grants())
        if (grant.subject == who)
            return grant.rights;
    return others_;
}

Permissions Permissions::inherited_by(const Subject &creator, const Subject &owner) const
{
    Permissions child(creator.domain, others_);
    bool carry = owner.domain != creator.domain && owner.domain != host_domain;
    for (Grant grant : grants()) {
        if (carry && grant.subject == owner) {
            grant.rights = PV_STORE_RIGHTS;
            carry = false;
        }
        child.grants_[child.count_++] = grant;
    }
    if (carry)
        static_cast<void>(child.add({owner, PV_STORE_RIGHTS}));
    return child;
}

} // namespace paravane
