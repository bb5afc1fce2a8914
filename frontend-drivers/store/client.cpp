// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/store/client.hpp"

#include <memory>

#include "frontend-drivers/keel/start.hpp"

namespace keel::store {

namespace {

// Nothing runs constructors before the first use.
alignas(Client) constinit std::array<std::byte, sizeof(Client)> place = {};
constinit Client *made = nullptr;

} // namespace

Client &client()
{
    if (made == nullptr)
        made = std::construct_at(pointer_to<Client>(number_of(place.data())));
    return *made;
}

Client::Client()
{
    std::array<char, sizeof(pv_store_hello)> hello{};
    Call call(hello);

    submit(call, Request(PV_STORE_HELLO));
    finish(call);
    if (call.error() != 0)
        connection_.end("the store refuses to be greeted");
    else if (call.argument() != keel::start().domain)
        connection_.end("the store takes this guest for another");
}

Error Client::perform(const Request &request)
{
    Call call;

    submit(call, request);
    finish(call);
    return call.error();
}

Answer<std::string_view> Client::read(std::string_view path, std::span<char> into,
                                      Transaction transaction)
{
    Call call(into);

    submit(call, Request(PV_STORE_READ, path, {}, transaction.id));
    finish(call);
    return {call.payload(), call.error()};
}

Error Client::write(std::string_view path, std::string_view value, Transaction transaction)
{
    return perform(Request(PV_STORE_WRITE, path, value, transaction.id));
}

Error Client::mkdir(std::string_view path, Transaction transaction)
{
    return perform(Request(PV_STORE_MKDIR, path, {}, transaction.id));
}

Error Client::remove(std::string_view path, Transaction transaction)
{
    return perform(Request(PV_STORE_RM, path, {}, transaction.id));
}

Answer<Permissions> Client::permissions(std::string_view path, Transaction transaction)
{
    std::array<char, sizeof(pv_store_permissions)> bytes{};
    Call call(bytes);

    submit(call, Request(PV_STORE_GET_PERMISSIONS, path, {}, transaction.id));
    finish(call);
    if (call.error() != 0)
        return {{}, call.error()};
    return {from_wire(std::bit_cast<pv_store_permissions>(bytes))};
}

Error Client::set_permissions(std::string_view path, const Permissions &permissions,
                              Transaction transaction)
{
    // Asking for others would break the protocol.
    if (permissions.grants > permissions.grant.size() || !well_formed(on_wire(permissions)))
        return PV_EINVAL;
    Request request(PV_STORE_SET_PERMISSIONS, path, {}, transaction.id);
    request.permissions = &permissions;
    return perform(request);
}

Error Client::watch(Watch &watch, std::string_view path)
{
    Watches &watches = connection_.watches();

    if (watches.cookie_of(watch) != 0)
        return PV_EEXIST;
    // Known before it is asked for: an event may come with the reply.
    Request request(PV_STORE_WATCH, path);
    request.argument = watches.add(watch);
    const Error error = perform(request);
    if (error != 0)
        watches.remove(watch);
    return error;
}

Error Client::unwatch(Watch &watch)
{
    Watches &watches = connection_.watches();
    Request request(PV_STORE_UNWATCH);

    request.argument = watches.cookie_of(watch);
    if (request.argument == 0)
        return PV_ENOENT;
    // Events that are on their way come before the reply, and are of a watch that is known.
    const Error error = perform(request);
    watches.remove(watch);
    return error;
}

Answer<Transaction> Client::begin()
{
    Call call;

    submit(call, Request(PV_STORE_BEGIN));
    finish(call);
    return {{static_cast<uint32_t>(call.argument())}, call.error()};
}

Error Client::commit(Transaction transaction)
{
    return perform(Request(PV_STORE_COMMIT, {}, {}, transaction.id));
}

Error Client::abort(Transaction transaction)
{
    return perform(Request(PV_STORE_ABORT, {}, {}, transaction.id));
}

} // namespace keel::store
