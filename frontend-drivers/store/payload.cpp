// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/store/payload.hpp"

#include <bit>

#include "frontend-drivers/store/permissions.hpp"

namespace keel::store {

namespace {

bool get_string(pv_store_decoder &decoder, std::string_view &text)
{
    const unsigned char *at = nullptr;
    uint32_t count = 0;

    if (!pv_store_get_string(&decoder, &at, &count))
        return false;
    text = {std::bit_cast<const char *>(at), count};
    return true;
}

// Each name after the one before, so that a list comes to its end.
std::string_view check_names(std::string_view after, bool more,
                             std::span<const unsigned char> payload)
{
    pv_store_decoder decoder = {payload.data(), payload.size()};
    std::string_view name;

    if (more && payload.empty())
        return "a list with more to come after nothing";
    while (decoder.left > 0) {
        if (!get_string(decoder, name))
            return "a name past the end of the payload";
        if (name.empty() || name.size() > PV_STORE_COMPONENT_MAX)
            return "a name that is empty or too long";
        if (name <= after)
            return "names out of their order";
        after = name;
    }
    return {};
}

std::string_view check_permissions(std::span<const unsigned char> payload)
{
    pv_store_permissions wire = {};
    pv_store_decoder decoder = {payload.data(), payload.size()};

    if (payload.size() != sizeof(wire) || !pv_store_get_bytes(&decoder, &wire, sizeof(wire)) ||
        !well_formed(wire))
        return "permissions not well formed";
    return {};
}

std::string_view check_hello(std::span<const unsigned char> payload)
{
    pv_store_hello hello = {};
    pv_store_decoder decoder = {payload.data(), payload.size()};

    if (payload.size() != sizeof(hello) || !pv_store_get_bytes(&decoder, &hello, sizeof(hello)) ||
        pv_le32_get(hello.reserved) != 0)
        return "hello not well formed";
    if (pv_le32_get(hello.version) != PV_STORE_VERSION ||
        pv_le64_get(hello.features) != PV_STORE_FEATURES)
        return "a version or features that were not offered";
    return {};
}

std::string_view check_argument(pv_store_operation operation, uint64_t argument)
{
    switch (operation) {
    case PV_STORE_HELLO:
        return argument <= UINT16_MAX ? "" : "a domain that is none";
    case PV_STORE_BEGIN:
        return argument != 0 && argument <= UINT32_MAX ? "" : "a transaction that is none";
    default:
        return argument == 0 ? "" : "argument of a reply that has none";
    }
}

} // namespace

std::string_view check_reply(pv_store_operation operation, std::string_view after,
                             const pv_store_answer &head, std::span<const unsigned char> payload)
{
    const bool more = (head.flags & PV_STORE_FLAG_MORE) != 0;
    std::string_view text;

    if (more && operation != PV_STORE_LIST)
        return "a flag of lists in another reply";
    if (const std::string_view wrong = check_argument(operation, head.argument); !wrong.empty())
        return wrong;
    switch (operation) {
    case PV_STORE_HELLO:
        return check_hello(payload);
    case PV_STORE_READ:
        return only_string(payload, text) && text.size() <= PV_STORE_VALUE_MAX
                   ? ""
                   : "a value not well formed";
    case PV_STORE_LIST:
        return check_names(after, more, payload);
    case PV_STORE_GET_PERMISSIONS:
        return check_permissions(payload);
    default:
        return payload.empty() ? "" : "payload of a reply that has none";
    }
}

bool only_string(std::span<const unsigned char> payload, std::string_view &text)
{
    pv_store_decoder decoder = {payload.data(), payload.size()};

    return get_string(decoder, text) && decoder.left == 0;
}

bool next_name(std::span<const unsigned char> &names, std::string_view &name)
{
    pv_store_decoder decoder = {names.data(), names.size()};

    if (!get_string(decoder, name))
        return false;
    names = names.last(decoder.left);
    return true;
}

} // namespace keel::store
