// SPDX-License-Identifier: Apache-2.0
#include "backend/store/watch_index.hpp"

#include <algorithm>

namespace paravane {
namespace {

// The path one component shorter; of "/a" it is "/".
std::string_view above(std::string_view path)
{
    return path.substr(0, std::max<size_t>(path.rfind('/'), 1));
}

} // namespace

WatchId WatchIndex::add(DomainId domain, const StorePath &path, uint64_t cookie, ChangeSink &sink)
{
    const WatchId id = ++last_id_;
    const Watch &watch =
        watches_.emplace(id, Watch{domain, cookie, &sink, path.text(), path.depth()}).first->second;
    by_path_[path.text()][domain].push_back(&watch);
    at_depth_[path.depth()]++;
    return id;
}

bool WatchIndex::remove(WatchId id, DomainId &domain)
{
    const auto found = watches_.find(id);
    if (found == watches_.end())
        return false;
    const Watch &watch = found->second;
    domain = watch.domain;
    const auto path = by_path_.find(watch.path);
    const auto watching = path->second.find(domain);
    std::erase(watching->second, &watch);
    if (watching->second.empty())
        path->second.erase(watching);
    if (path->second.empty())
        by_path_.erase(path);
    at_depth_[watch.depth]--;
    watches_.erase(found);
    return true;
}

void WatchIndex::fire(const Change &change, const Domains &domains) const
{
    SharedPath shared;
    std::string_view path = change.path;
    uint32_t depth = change.depth;

    while (true) {
        if (any_at(depth)) {
            const auto watching = by_path_.find(path);
            if (watching != by_path_.end())
                tell(watching->second, change, domains, shared);
        }
        if (depth == 0 || change.exact)
            return;
        path = above(path);
        depth--;
    }
}

void WatchIndex::tell(const ByDomain &watching, const Change &change, const Domains &domains,
                      SharedPath &shared)
{
    const Permissions &permissions = *change.permissions;
    const auto tell_each = [&](const std::vector<const Watch *> &watches) {
        if (shared == nullptr)
            shared = std::make_shared<const std::string>(change.path);
        for (const Watch *watch : watches)
            watch->sink->on_change(watch->cookie, shared);
    };
    const auto tell_domain = [&](DomainId domain) {
        const auto watches = watching.find(domain);
        if (watches != watching.end())
            tell_each(watches->second);
    };

    if ((permissions.others() & PV_STORE_RIGHT_READ) != 0) {
        for (const auto &[domain, watches] : watching)
            if (permissions.may_read(domains.subject(domain)))
                tell_each(watches);
        return;
    }
    tell_domain(host_domain);
    if (permissions.owner() != host_domain)
        tell_domain(permissions.owner());
    for (const Grant &grant : permissions.grants())
        if (!permissions.is_mighty(grant.subject) && domains.is_current(grant.subject) &&
            (grant.rights & PV_STORE_RIGHT_READ) != 0)
            tell_domain(grant.subject.domain);
}

} // namespace paravane
