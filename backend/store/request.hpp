// SPDX-License-Identifier: Apache-2.0
//
// A client's request, taken apart and checked against the rules of the protocol. What it asks for is
// checked by the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

extern "C" {
#include <paravane/store.h>
}

namespace paravane {

struct StoreRequest {
    uint16_t operation = 0;
    uint32_t id = 0;
    uint32_t transaction = 0;
    uint32_t length = 0; // of the payload
    uint64_t argument = 0;

    // Of the payload, and valid as long as it is.
    std::string_view path;
    std::string_view text; // a value, or the name that a list goes on after
    pv_store_permissions permissions = {};
    pv_store_hello hello = {};

    [[nodiscard]] bool is_known() const { return operation < PV_STORE_OPERATIONS; }
};

// Of sizeof(pv_store_request) bytes, before the payload is waited for.
[[nodiscard]] pv_store_rule decode_head(std::span<const std::byte> bytes, StoreRequest &request);

// An operation that is not known keeps every rule: it is answered with ENOSYS.
[[nodiscard]] pv_store_rule decode_payload(std::span<const std::byte> bytes, StoreRequest &request);

} // namespace paravane
