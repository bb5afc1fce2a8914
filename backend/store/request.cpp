// SPDX-License-Identifier: Apache-2.0
#include "backend/store/request.hpp"

#include <array>
#include <cstring>

namespace paravane {
namespace {

struct Shape {
    bool in_transaction = false; // may name one
    bool argument = false;       // may have one
    bool path = false;
    bool text = false;
    bool permissions = false;
    bool hello = false;
};

// By operation.
constexpr std::array<Shape, PV_STORE_OPERATIONS> shapes = [] {
    std::array<Shape, PV_STORE_OPERATIONS> of = {};
    of[PV_STORE_HELLO] = {.hello = true};
    of[PV_STORE_READ] = {.in_transaction = true, .path = true};
    of[PV_STORE_WRITE] = {.in_transaction = true, .path = true, .text = true};
    of[PV_STORE_LIST] = {.in_transaction = true, .path = true, .text = true};
    of[PV_STORE_MKDIR] = {.in_transaction = true, .path = true};
    of[PV_STORE_RM] = {.in_transaction = true, .path = true};
    of[PV_STORE_GET_PERMISSIONS] = {.in_transaction = true, .path = true};
    of[PV_STORE_SET_PERMISSIONS] = {.in_transaction = true, .path = true, .permissions = true};
    of[PV_STORE_WATCH] = {.argument = true, .path = true};
    of[PV_STORE_UNWATCH] = {.argument = true};
    of[PV_STORE_BEGIN] = {};
    of[PV_STORE_COMMIT] = {.in_transaction = true};
    of[PV_STORE_ABORT] = {.in_transaction = true};
    return of;
}();

bool take_string(pv_store_decoder &decoder, std::string_view &text)
{
    const unsigned char *at = nullptr;
    uint32_t count = 0;
    if (!pv_store_get_string(&decoder, &at, &count))
        return false;
    text = {reinterpret_cast<const char *>(at), count};
    return true;
}

bool is_well_formed(const pv_store_permissions &permissions)
{
    const uint32_t grants = pv_le16_get(permissions.grants);
    if ((pv_le16_get(permissions.others) & ~PV_STORE_RIGHTS) != 0 ||
        pv_le16_get(permissions.reserved) != 0 || grants > PV_STORE_GRANTS_MAX)
        return false;
    for (uint32_t i = 0; i < PV_STORE_GRANTS_MAX; i++) {
        const uint32_t domain = pv_le16_get(permissions.grant[i].domain);
        const uint32_t rights = pv_le16_get(permissions.grant[i].rights);
        if ((rights & ~PV_STORE_RIGHTS) != 0 || (i >= grants && (domain | rights) != 0))
            return false;
    }
    return true;
}

} // namespace

pv_store_rule decode_head(std::span<const std::byte> bytes, StoreRequest &request)
{
    pv_store_request head = {};
    std::memcpy(&head, bytes.data(), sizeof(head));
    request = {};
    request.operation = pv_le16_get(head.operation);
    request.id = pv_le32_get(head.id);
    request.transaction = pv_le32_get(head.transaction);
    request.length = pv_le32_get(head.length);
    request.argument = pv_le64_get(head.argument);

    if (request.length > PV_STORE_PAYLOAD_MAX)
        return PV_STORE_RULE_REQUEST_LENGTH;
    if (pv_le16_get(head.flags) != 0)
        return PV_STORE_RULE_REQUEST_FLAGS;
    if (!request.is_known())
        return PV_STORE_RULE_KEPT;
    const Shape &shape = shapes[request.operation];
    if (request.argument != 0 && !shape.argument)
        return PV_STORE_RULE_REQUEST_ARGUMENT;
    if (request.transaction != 0 && !shape.in_transaction)
        return PV_STORE_RULE_REQUEST_TRANSACTION;
    return PV_STORE_RULE_KEPT;
}

pv_store_rule decode_payload(std::span<const std::byte> bytes, StoreRequest &request)
{
    if (!request.is_known())
        return PV_STORE_RULE_KEPT;
    const Shape &shape = shapes[request.operation];
    pv_store_decoder decoder = {reinterpret_cast<const unsigned char *>(bytes.data()),
                                bytes.size()};

    if ((shape.path && !take_string(decoder, request.path)) ||
        (shape.text && !take_string(decoder, request.text)))
        return PV_STORE_RULE_REQUEST_STRING;
    if (shape.permissions &&
        (!pv_store_get_bytes(&decoder, &request.permissions, sizeof(request.permissions)) ||
         !is_well_formed(request.permissions)))
        return PV_STORE_RULE_REQUEST_PERMISSIONS;
    if (shape.hello && (!pv_store_get_bytes(&decoder, &request.hello, sizeof(request.hello)) ||
                        pv_le32_get(request.hello.reserved) != 0))
        return PV_STORE_RULE_REQUEST_HELLO;
    return decoder.left == 0 ? PV_STORE_RULE_KEPT : PV_STORE_RULE_REQUEST_TRAILING;
}

} // namespace paravane
