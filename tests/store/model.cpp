// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <algorithm>
#include <set>

namespace paravane::store_test {
namespace {

std::string parent_of(const std::string &path)
{
    const size_t slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string &path)
{
    return path == "/" ? "" : path.substr(path.rfind('/') + 1);
}

bool lies_beneath(const std::string &path, const std::string &directory)
{
    return path != directory && (directory == "/" || path.starts_with(directory + "/"));
}

std::string error(int number)
{
    return "error " + std::to_string(number);
}

std::string text_of(const StorePermissions &permissions)
{
    std::string text = "owner " + std::to_string(permissions.owner.value) + " others " +
                       std::to_string(permissions.others);
    for (const StoreGrant &grant : permissions.grants)
        text += " " + std::to_string(grant.domain.value) + "=" + std::to_string(grant.rights);
    return text;
}

} // namespace

Model::Model(const StoreLimits &limits) : limits_(limits)
{
    nodes_["/"] = {"", {host_domain, 0, {}}};
    nodes_["/domain"] = {"", {host_domain, 0, {}}};
}

void Model::introduce(DomainId domain)
{
    nodes_["/domain/" + std::to_string(domain.value)] = {"", {domain, 0, {}}};
}

void Model::watch(DomainId who, const std::string &path, uint64_t cookie)
{
    watches_.push_back({who, path, cookie});
}

std::map<std::pair<uint64_t, std::string>, int> Model::take_told()
{
    return std::exchange(told_, {});
}

NodeTexts Model::nodes() const
{
    NodeTexts texts;
    for (const auto &[path, node] : nodes_)
        texts[path] = node.value + " " + text_of(node.permissions);
    return texts;
}

NodeTexts nodes_of(const Store &store)
{
    NodeTexts texts;
    store.visit([&](const StoreEntry &entry) {
        texts[std::string(entry.path)] =
            std::string(entry.value) + " " + text_of(entry.permissions);
    });
    return texts;
}

StoreUsage Model::usage(DomainId domain) const
{
    StoreUsage usage;
    for (const auto &[path, node] : nodes_) {
        if (node.permissions.owner != domain)
            continue;
        usage.nodes++;
        usage.bytes += name_of(path).size() + node.value.size();
    }
    return usage;
}

std::string Model::deepest(std::string path) const
{
    while (!exists(path))
        path = parent_of(path);
    return path;
}

bool Model::may(DomainId who, const std::string &path, Rights right) const
{
    const StorePermissions &permissions = nodes_.at(path).permissions;
    if (who == host_domain || who == permissions.owner)
        return true;
    for (const StoreGrant &grant : permissions.grants)
        if (grant.domain == who)
            return (grant.rights & right) != 0;
    return (permissions.others & right) != 0;
}

void Model::tell(const std::string &path, const ModelNode &node, bool exact)
{
    const std::map<std::string, ModelNode> only = {{path, node}};
    for (const Watch &watch : watches_) {
        const bool covers = watch.path == path || (!exact && lies_beneath(path, watch.path));
        Model judge = Model(limits_);
        judge.nodes_ = only;
        if (covers && judge.may(watch.who, path, PV_STORE_RIGHT_READ))
            told_[{watch.cookie, path}]++;
    }
}

bool Model::exceeded(DomainId caller, const std::map<std::string, ModelNode> &before) const
{
    Model old(limits_);
    old.nodes_ = before;
    std::set<DomainId> owners;
    for (const auto &[path, node] : nodes_)
        owners.insert(node.permissions.owner);
    return caller != host_domain && std::any_of(owners.begin(), owners.end(), [&](DomainId owner) {
               const StoreUsage now = usage(owner);
               const StoreUsage then = old.usage(owner);
               return owner != host_domain &&
                      ((now.nodes > limits_.nodes && now.nodes > then.nodes) ||
                       (now.bytes > limits_.bytes && now.bytes > then.bytes));
           });
}

std::string Model::make(const Call &call, const std::string &value)
{
    const std::map<std::string, ModelNode> before = nodes_;
    const std::string directory = deepest(call.path);
    if (!may(call.who, directory, PV_STORE_RIGHT_WRITE))
        return error(PV_EACCES);
    StorePermissions made = nodes_.at(directory).permissions;
    const DomainId above = std::exchange(made.owner, call.who);
    if (above != call.who && above != host_domain) {
        const auto listed = std::find_if(made.grants.begin(), made.grants.end(),
                                         [&](const auto &g) { return g.domain == above; });
        if (listed != made.grants.end())
            listed->rights = PV_STORE_RIGHTS;
        else if (made.grants.size() < PV_STORE_GRANTS_MAX)
            made.grants.push_back({above, PV_STORE_RIGHTS});
    }
    for (std::string path = call.path; path != directory; path = parent_of(path))
        nodes_[path] = {"", made};
    nodes_[call.path].value = value;
    if (exceeded(call.who, before)) {
        nodes_ = before;
        return error(PV_EDQUOT);
    }
    tell(call.path, nodes_.at(call.path), false);
    return "done";
}

std::string Model::put(const Call &call)
{
    const std::map<std::string, ModelNode> before = nodes_;
    if (!exists(call.path))
        return make(call, call.text);
    if (!may(call.who, call.path, PV_STORE_RIGHT_WRITE))
        return error(PV_EACCES);
    nodes_.at(call.path).value = call.text;
    if (exceeded(call.who, before)) {
        nodes_ = before;
        return error(PV_EDQUOT);
    }
    tell(call.path, nodes_.at(call.path), false);
    return "done";
}

std::string Model::remove(const Call &call)
{
    if (call.path == "/")
        return error(PV_EINVAL);
    std::vector<std::string> gone = {call.path};
    for (const auto &[path, node] : nodes_)
        if (lies_beneath(path, call.path))
            gone.push_back(path);
    const auto denied = [&](const std::string &path) {
        bool entitled = may(call.who, path, PV_STORE_RIGHT_WRITE);
        for (std::string at = path; at != "/"; at = parent_of(at))
            entitled = entitled || nodes_.at(parent_of(at)).permissions.owner == call.who;
        return !entitled;
    };
    if (denied(call.path))
        return error(PV_EACCES);
    if (call.who != host_domain && gone.size() > limits_.removed)
        return error(PV_E2BIG);
    if (std::any_of(gone.begin(), gone.end(), denied))
        return error(PV_EACCES);
    for (const std::string &path : gone) {
        tell(path, nodes_.at(path), path != call.path);
        nodes_.erase(path);
    }
    return "done";
}

std::string Model::grant(const Call &call)
{
    StorePermissions &permissions = nodes_.at(call.path).permissions;
    if (call.who != host_domain && call.who != permissions.owner)
        return error(may(call.who, call.path, PV_STORE_RIGHT_READ) ? PV_EPERM : PV_EACCES);
    if (call.who != host_domain && call.permissions.owner != permissions.owner)
        return error(PV_EPERM);
    permissions = call.permissions;
    tell(call.path, nodes_.at(call.path), false);
    return "done";
}

std::string Model::apply(const Call &call)
{
    using What = Call::What;
    if (call.what == What::write)
        return put(call);
    if (!exists(call.path)) {
        const std::string directory = deepest(call.path);
        if (call.what == What::mkdir)
            return make(call, "");
        return error(may(call.who, directory, PV_STORE_RIGHT_READ) ? PV_ENOENT : PV_EACCES);
    }
    if (call.what == What::rm)
        return remove(call);
    if (call.what == What::grant)
        return grant(call);
    if (!may(call.who, call.path, PV_STORE_RIGHT_READ))
        return error(PV_EACCES);
    switch (call.what) {
    case What::mkdir:
        return error(PV_EEXIST);
    case What::read:
        return "value " + nodes_.at(call.path).value;
    case What::permissions:
        return text_of(nodes_.at(call.path).permissions);
    default: {
        // By name, not by path: a name may be the front of another.
        std::set<std::string> names;
        for (const auto &[path, node] : nodes_)
            if (path != "/" && parent_of(path) == call.path && name_of(path) > call.text)
                names.insert(name_of(path));
        std::string all = "names";
        for (const std::string &name : names)
            all += " " + name;
        return all;
    }
    }
}

std::string apply(Store &store, const Call &call, TransactionId transaction)
{
    using What = Call::What;
    const StoreCaller caller = {call.who, transaction};
    const Answer<StorePath> path = StorePath::parse(call.path, call.who);
    if (!path)
        return error(static_cast<int>(path.error()));
    const auto done = [](const Answer<void> &answer) {
        return answer ? "done" : error(static_cast<int>(answer.error()));
    };
    switch (call.what) {
    case What::read: {
        const Answer<std::string_view> value = store.read(caller, *path);
        return value ? "value " + std::string(*value) : error(static_cast<int>(value.error()));
    }
    case What::permissions: {
        const Answer<StorePermissions> found = store.permissions(caller, *path);
        return found ? text_of(*found) : error(static_cast<int>(found.error()));
    }
    case What::list: {
        std::string all = "names";
        const Answer<void> listed =
            store.list(caller, *path, call.text, [&](std::string_view name) {
                all += " " + std::string(name);
                return true;
            });
        return listed ? all : error(static_cast<int>(listed.error()));
    }
    case What::write:
        return done(store.write(caller, *path, call.text));
    case What::mkdir:
        return done(store.mkdir(caller, *path));
    case What::rm:
        return done(store.remove(caller, *path));
    default:
        return done(store.set_permissions(caller, *path, call.permissions));
    }
}

} // namespace paravane::store_test
