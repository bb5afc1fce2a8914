// SPDX-License-Identifier: Apache-2.0
//
// What a reply or an event may hold. The store is in the host's hands, and no more to be trusted with a
// guest's memory than the guest is with the host's. All of it is of private memory.
#pragma once

#include <span>
#include <string_view>

extern "C" {
#include <paravane/store.h>
}

namespace keel::store {

// Empty, or the rule that is broken. `after` is the name that a list was to go on after; a status is 0.
[[nodiscard]] std::string_view check_reply(pv_store_operation operation, std::string_view after,
                                           const pv_store_answer &head,
                                           std::span<const unsigned char> payload);

// A payload that is one string and nothing else; false for others.
[[nodiscard]] bool only_string(std::span<const unsigned char> payload, std::string_view &text);

// Takes the next name of a list that was checked; false when there is none.
[[nodiscard]] bool next_name(std::span<const unsigned char> &names, std::string_view &name);

} // namespace keel::store
