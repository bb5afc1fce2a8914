// SPDX-License-Identifier: Apache-2.0
//
// What holds of a store and its sessions whatever the guests send.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "backend/store/session.hpp"

namespace paravane::fuzz {

// Nobody but its owner may read or change it, and its owner sends nothing.
inline constexpr std::string_view secret = "Never To Be Seen By Others";
inline constexpr std::string_view secret_path = "/domain/5/secret";

// Sessions refused so far by this process, by rule.
extern std::array<uint64_t, PV_STORE_RULES> store_refusals;
// Requests answered.
extern uint64_t store_answers;

// Says what does not hold and aborts: libFuzzer keeps the input.
void require(bool holds, const char *what);

// Of limits, accounting and the secret: goes through the whole store.
void check_store(const Store &store, std::span<const DomainId> guests);

// Of the session's output: bounded, and whole messages that a client accepts. Takes so many of them.
void receive(StoreSession &session, uint32_t most);

} // namespace paravane::fuzz
