// SPDX-License-Identifier: Apache-2.0
//
// What a session does with a request that keeps the rules.
#include "backend/store/session.hpp"

#include <algorithm>

namespace paravane {

// A reply with a payload is begun by the operation once it cannot be refused any more.
void StoreSession::begin_reply(uint64_t argument)
{
    pv_store_reply head = {};
    head.kind = pv_le16_of(PV_STORE_REPLY);
    head.id = pv_le32_of(request_.id);
    head.argument = pv_le64_of(argument);
    outbox_.begin(head);
    replied_ = true;
}

void StoreSession::answer_request()
{
    reply_flags_ = 0;
    replied_ = false;
    const Answer<void> done = perform();
    if (!replied_) {
        pv_store_reply head = {};
        head.kind = pv_le16_of(PV_STORE_REPLY);
        head.id = pv_le32_of(request_.id);
        if (!done)
            head.status = pv_le32_of(static_cast<uint32_t>(-static_cast<int32_t>(done.error())));
        outbox_.begin(head);
    }
    outbox_.end(reply_flags_);
}

Answer<void> StoreSession::perform()
{
    switch (request_.operation) {
    case PV_STORE_HELLO:
        return perform_hello();
    case PV_STORE_UNWATCH:
        return perform_unwatch();
    case PV_STORE_BEGIN:
    case PV_STORE_COMMIT:
    case PV_STORE_ABORT:
        return perform_transaction();
    default:
        break;
    }
    if (!request_.is_known())
        return Refusal{PV_ENOSYS};
    const Answer<StorePath> path = StorePath::parse(request_.path, domain_);
    return path ? perform_on_path(*path) : path.error();
}

Answer<void> StoreSession::perform_on_path(const StorePath &path)
{
    const StoreCaller caller = {domain_, request_.transaction};

    // Another session's transaction is none of this one's, even of the same domain.
    if (request_.transaction != no_transaction && !transactions_.contains(request_.transaction))
        return Refusal{PV_ENOENT};
    switch (request_.operation) {
    case PV_STORE_READ: {
        const Answer<std::string_view> value = store_.read(caller, path);
        if (!value)
            return value.error();
        begin_reply(0);
        // A value is shorter than a payload.
        static_cast<void>(outbox_.put_string(*value));
        return {};
    }
    case PV_STORE_WRITE:
        return store_.write(caller, path, request_.text);
    case PV_STORE_LIST:
        return perform_list(caller, path);
    case PV_STORE_MKDIR:
        return store_.mkdir(caller, path);
    case PV_STORE_RM:
        return store_.remove(caller, path);
    case PV_STORE_GET_PERMISSIONS:
        return perform_get_permissions(caller, path);
    case PV_STORE_SET_PERMISSIONS:
        return perform_set_permissions(caller, path);
    case PV_STORE_WATCH:
        return perform_watch(path);
    default:
        return Refusal{PV_ENOSYS};
    }
}

Answer<void> StoreSession::perform_hello()
{
    const uint32_t version = std::min(pv_le32_get(request_.hello.version), PV_STORE_VERSION);
    if (version == 0)
        return Refusal{PV_EINVAL};
    pv_store_hello hello = {};
    hello.version = pv_le32_of(version);
    hello.features = pv_le64_of(pv_le64_get(request_.hello.features) & PV_STORE_FEATURES);
    begin_reply(domain_.value);
    outbox_.put_bytes(std::as_bytes(std::span(&hello, 1)));
    return {};
}

Answer<void> StoreSession::perform_list(const StoreCaller &caller, const StorePath &path)
{
    if (!request_.text.empty() && !is_store_name(request_.text))
        return Refusal{PV_EINVAL};
    const Answer<void> listed =
        store_.list(caller, path, request_.text, [this](std::string_view name) {
            if (!replied_)
                begin_reply(0);
            if (outbox_.put_string(name))
                return true;
            reply_flags_ = PV_STORE_FLAG_MORE;
            return false;
        });
    return listed;
}

Answer<void> StoreSession::perform_get_permissions(const StoreCaller &caller, const StorePath &path)
{
    const Answer<StorePermissions> permissions = store_.permissions(caller, path);
    if (!permissions)
        return permissions.error();
    pv_store_permissions wire = {};
    wire.owner = pv_le16_of(permissions->owner.value);
    wire.others = pv_le16_of(permissions->others);
    wire.grants = pv_le16_of(static_cast<uint16_t>(permissions->grants.size()));
    for (size_t i = 0; i < permissions->grants.size(); i++) {
        wire.grant[i].domain = pv_le16_of(permissions->grants[i].domain.value);
        wire.grant[i].rights = pv_le16_of(permissions->grants[i].rights);
    }
    begin_reply(0);
    outbox_.put_bytes(std::as_bytes(std::span(&wire, 1)));
    return {};
}

Answer<void> StoreSession::perform_set_permissions(const StoreCaller &caller, const StorePath &path)
{
    const pv_store_permissions &wire = request_.permissions;
    StorePermissions permissions = {{pv_le16_get(wire.owner)}, pv_le16_get(wire.others), {}};
    for (const pv_store_grant &grant : std::span(wire.grant).first(pv_le16_get(wire.grants)))
        permissions.grants.push_back({{pv_le16_get(grant.domain)}, pv_le16_get(grant.rights)});
    return store_.set_permissions(caller, path, permissions);
}

Answer<void> StoreSession::perform_watch(const StorePath &path)
{
    const uint64_t cookie = request_.argument;
    if (watches_.contains(cookie))
        return Refusal{PV_EEXIST};
    const Answer<WatchId> id = store_.watch(domain_, path, cookie, *this);
    if (!id)
        return id.error();
    watches_[cookie] = {*id, std::make_shared<const std::string>(path.text()),
                        request_.path.front() != '/'};
    return {};
}

Answer<void> StoreSession::perform_unwatch()
{
    const auto watch = watches_.find(request_.argument);
    if (watch == watches_.end())
        return Refusal{PV_ENOENT};
    store_.unwatch(watch->second.id);
    events_.drop(watch->first);
    watches_.erase(watch);
    return {};
}

Answer<void> StoreSession::perform_transaction()
{
    if (request_.operation == PV_STORE_BEGIN) {
        const Answer<TransactionId> id = store_.begin(domain_);
        if (!id)
            return id.error();
        transactions_.insert(*id);
        begin_reply(*id);
        return {};
    }
    if (transactions_.erase(request_.transaction) == 0)
        return Refusal{PV_ENOENT};
    return request_.operation == PV_STORE_COMMIT ? store_.commit(domain_, request_.transaction)
                                                 : store_.abort(domain_, request_.transaction);
}

} // namespace paravane
