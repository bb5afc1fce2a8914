// SPDX-License-Identifier: Apache-2.0
//
// What the operations mean, once for the store itself and for transactions. A View finds the deepest
// node on a path, and then reads or changes that node, or makes what is missing.
#pragma once

#include <string_view>

#include "backend/store/answer.hpp"
#include "backend/store/domains.hpp"
#include "backend/store/node.hpp"
#include "backend/store/path.hpp"

namespace paravane::operations {

// The node's record, if the domain may read it. That a node is missing is told to those alone who may
// read the directory in which it is not.
template <typename View>
[[nodiscard]] Answer<const Record *> read(View &view, const Subject &who, const StorePath &path)
{
    const auto found = view.find(path);
    if (!found)
        return found.error();
    if (!found->record->permissions.may_read(who))
        return Refusal{PV_EACCES};
    if (found->depth != path.depth())
        return Refusal{PV_ENOENT};
    return found->record;
}

// Makes the path from the directory on that was found.
template <typename View>
[[nodiscard]] Answer<void> create(View &view, const Record &directory, const Domains &domains,
                                  const Subject &who, const StorePath &path, std::string_view value)
{
    const Permissions &above = directory.permissions;
    if (!above.may_write(who))
        return Refusal{PV_EACCES};
    return view.create(path, above.inherited_by(who, domains.subject(above.owner())), value);
}

template <typename View>
[[nodiscard]] Answer<void> write(View &view, const Domains &domains, const Subject &who,
                                 const StorePath &path, std::string_view value)
{
    if (value.size() > PV_STORE_VALUE_MAX)
        return Refusal{PV_E2BIG};
    const auto found = view.find(path);
    if (!found)
        return found.error();
    if (found->depth != path.depth())
        return create(view, *found->record, domains, who, path, value);
    if (!found->record->permissions.may_write(who))
        return Refusal{PV_EACCES};
    return view.set_value(value);
}

template <typename View>
[[nodiscard]] Answer<void> mkdir(View &view, const Domains &domains, const Subject &who,
                                 const StorePath &path)
{
    const auto found = view.find(path);
    if (!found)
        return found.error();
    if (found->depth != path.depth())
        return create(view, *found->record, domains, who, path, {});
    const Permissions &permissions = found->record->permissions;
    return permissions.may_read(who) ? Refusal{PV_EEXIST} : Refusal{PV_EACCES};
}

template <typename View>
[[nodiscard]] Answer<void> remove(View &view, const Subject &who, const StorePath &path)
{
    if (path.depth() == 0)
        return Refusal{PV_EINVAL};
    const auto found = view.find(path);
    if (!found)
        return found.error();
    if (found->depth != path.depth())
        return found->record->permissions.may_read(who) ? Refusal{PV_ENOENT} : Refusal{PV_EACCES};
    return view.remove();
}

// A guest gives no node away: it would be charged to somebody who did not ask for it.
template <typename View>
[[nodiscard]] Answer<void> set_permissions(View &view, const Subject &who, const StorePath &path,
                                           const Permissions &permissions)
{
    const auto found = view.find(path);
    if (!found)
        return found.error();
    const Permissions &present = found->record->permissions;
    if (found->depth != path.depth())
        return present.may_read(who) ? Refusal{PV_ENOENT} : Refusal{PV_EACCES};
    if (!present.is_mighty(who))
        return present.may_read(who) ? Refusal{PV_EPERM} : Refusal{PV_EACCES};
    if (who.domain != host_domain && permissions.owner() != present.owner())
        return Refusal{PV_EPERM};
    return view.set_permissions(permissions);
}

} // namespace paravane::operations
