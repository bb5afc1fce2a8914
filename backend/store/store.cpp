// SPDX-License-Identifier: Apache-2.0
#include "backend/store/store.hpp"

#include "backend/store/commit.hpp"
#include "backend/store/operations.hpp"
#include "backend/store/present_view.hpp"

namespace paravane {

Store::Store(const StoreLimits &limits) : domains_(limits), tree_(domains_)
{
}

Store::~Store() = default;

template <typename T, typename Act> Answer<T> Store::in_view(const StoreCaller &caller, Act act)
{
    const Subject who = domains_.subject(caller.domain);
    if (caller.transaction == no_transaction) {
        PresentView view(tree_, domains_, watches_, who);
        return act(view, who);
    }
    const auto found = transactions_.find({caller.domain, caller.transaction});
    if (found == transactions_.end())
        return Refusal{PV_ENOENT};
    return act(found->second, who);
}

Answer<std::string_view> Store::read(const StoreCaller &caller, const StorePath &path)
{
    return in_view<std::string_view>(
        caller, [&](auto &view, const Subject &who) -> Answer<std::string_view> {
            const Answer<const Record *> record = operations::read(view, who, path);
            if (!record)
                return record.error();
            return std::string_view((*record)->value);
        });
}

Answer<void> Store::write(const StoreCaller &caller, const StorePath &path, std::string_view value)
{
    return in_view<void>(caller, [&](auto &view, const Subject &who) {
        return operations::write(view, domains_, who, path, value);
    });
}

Answer<void> Store::mkdir(const StoreCaller &caller, const StorePath &path)
{
    return in_view<void>(caller, [&](auto &view, const Subject &who) {
        return operations::mkdir(view, domains_, who, path);
    });
}

Answer<void> Store::remove(const StoreCaller &caller, const StorePath &path)
{
    return in_view<void>(caller, [&](auto &view, const Subject &who) {
        return operations::remove(view, who, path);
    });
}

Answer<void> Store::list(const StoreCaller &caller, const StorePath &path, std::string_view after,
                         const VisitName &visit)
{
    return in_view<void>(caller, [&](auto &view, const Subject &who) -> Answer<void> {
        const Answer<const Record *> record = operations::read(view, who, path);
        if (!record)
            return record.error();
        return view.list(after, visit);
    });
}

Answer<StorePermissions> Store::permissions(const StoreCaller &caller, const StorePath &path)
{
    return in_view<StorePermissions>(
        caller, [&](auto &view, const Subject &who) -> Answer<StorePermissions> {
            const Answer<const Record *> record = operations::read(view, who, path);
            if (!record)
                return record.error();
            return plain((*record)->permissions);
        });
}

Answer<void> Store::set_permissions(const StoreCaller &caller, const StorePath &path,
                                    const StorePermissions &permissions)
{
    const Answer<Permissions> wanted = stamped(permissions);
    if (!wanted)
        return wanted.error();
    return in_view<void>(caller, [&](auto &view, const Subject &who) {
        return operations::set_permissions(view, who, path, *wanted);
    });
}

StorePermissions Store::plain(const Permissions &permissions) const
{
    StorePermissions plain = {permissions.owner(), permissions.others(), {}};
    for (const Grant &grant : permissions.grants())
        if (domains_.is_current(grant.subject))
            plain.grants.push_back({grant.subject.domain, grant.rights});
    return plain;
}

Answer<Permissions> Store::stamped(const StorePermissions &permissions) const
{
    Permissions made(permissions.owner, permissions.others);
    if ((permissions.others & ~PV_STORE_RIGHTS) != 0)
        return Refusal{PV_EINVAL};
    for (const StoreGrant &grant : permissions.grants)
        if ((grant.rights & ~PV_STORE_RIGHTS) != 0 ||
            !made.add({domains_.subject(grant.domain), grant.rights}))
            return Refusal{PV_EINVAL};
    return made;
}

Answer<WatchId> Store::watch(DomainId domain, const StorePath &path, uint64_t cookie,
                             ChangeSink &sink)
{
    DomainState &state = domains_.at(domain);
    if (domain != host_domain && state.usage.watches >= limits().watches)
        return Refusal{PV_EDQUOT};
    const WatchId id = watches_.add(domain, path, cookie, sink);
    state.usage.watches++;
    state.watches.insert(id);
    sink.on_change(cookie, std::make_shared<const std::string>(path.text()));
    return id;
}

void Store::unwatch(WatchId id)
{
    DomainId domain;
    if (!watches_.remove(id, domain))
        return;
    DomainState &state = domains_.at(domain);
    state.usage.watches--;
    state.watches.erase(id);
}

Answer<TransactionId> Store::begin(DomainId domain)
{
    DomainState &state = domains_.at(domain);
    if (domain != host_domain && state.usage.transactions >= limits().transactions)
        return Refusal{PV_EDQUOT};
    TransactionId id = state.last_transaction;
    do
        id++;
    while (id == no_transaction || transactions_.contains({domain, id}));
    transactions_.try_emplace({domain, id}, tree_, domains_.subject(domain), limits());
    state.last_transaction = id;
    state.usage.transactions++;
    return id;
}

Answer<void> Store::commit(DomainId domain, TransactionId id)
{
    const auto ended = transactions_.extract({domain, id});
    if (ended.empty())
        return Refusal{PV_ENOENT};
    domains_.at(domain).usage.transactions--;
    return paravane::commit(ended.mapped(), tree_, domains_, watches_);
}

Answer<void> Store::abort(DomainId domain, TransactionId id)
{
    if (transactions_.erase({domain, id}) == 0)
        return Refusal{PV_ENOENT};
    domains_.at(domain).usage.transactions--;
    return {};
}

Answer<void> Store::introduce(DomainId domain)
{
    const StoreCaller host = {host_domain, no_transaction};
    const StorePath home = StorePath::home(domain);
    const Answer<void> made = mkdir(host, home);
    if (!made)
        return made;
    return set_permissions(host, home, {domain, 0, {}});
}

void Store::forget(DomainId domain, NodesOf nodes)
{
    DomainState &state = domains_.at(domain);
    transactions_.erase(transactions_.lower_bound({domain, 0}),
                        transactions_.upper_bound({domain, UINT32_MAX}));
    state.usage.transactions = 0;
    // First, so that nobody of this domain is told of what follows.
    while (!state.watches.empty())
        unwatch(*state.watches.begin());
    state.life++;
    if (domain != host_domain)
        give_up_nodes(state, domain, nodes);
}

void Store::give_up_nodes(DomainState &state, DomainId domain, NodesOf nodes)
{
    while (state.first_owned != nullptr) {
        // The topmost of the domain's above it: one removal takes them all.
        Node *top = state.first_owned;
        for (Node *node = top; nodes == NodesOf::removed && node != nullptr; node = node->parent)
            if (node->record.permissions.owner() == domain)
                top = node;
        if (nodes == NodesOf::given_to_host || top->parent == nullptr) {
            Permissions permissions = top->record.permissions;
            permissions.set_owner(host_domain);
            tree_.set_permissions(*top, permissions);
            continue;
        }
        const Answer<StorePath> path = StorePath::parse(path_of(*top), host_domain);
        tell_removal(*top, path->text(), path->depth(), watches_, domains_);
        tree_.remove(*top);
    }
}

StoreUsage Store::usage(DomainId domain) const
{
    const DomainState *state = domains_.find(domain);
    return state == nullptr ? StoreUsage{} : state->usage;
}

StoreStatistics Store::statistics() const
{
    return {tree_.size(), watches_.size(), transactions_.size(), tree_.now()};
}

void Store::visit(const std::function<void(const StoreEntry &)> &visit) const
{
    std::string path = "/";
    visit_beneath(tree_.root(), path, visit);
}

void Store::visit_beneath(const Node &node, std::string &path,
                          const std::function<void(const StoreEntry &)> &visit) const
{
    visit({path, node.record.value, plain(node.record.permissions), node.changed});
    const size_t size = path.size();
    for (const auto &child : node.children) {
        if (size > 1)
            path += '/';
        path += child->name;
        visit_beneath(*child, path, visit);
        path.resize(size);
    }
}

} // namespace paravane
