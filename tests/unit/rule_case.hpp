// SPDX-License-Identifier: Apache-2.0
//
// How a peer breaks each rule, and how near it can come without breaking it.
#pragma once

#include <memory>
#include <vector>

#include "victim.hpp"

namespace paravane::unit {

struct RuleCase {
    pv_rule rule;
    const char *name;
    std::unique_ptr<Victim> (*make)(pv_violations &violations);
};

// Each breaks its rule once.
std::vector<RuleCase> breaks_of_place();
std::vector<RuleCase> breaks_of_moving();
std::vector<RuleCase> breaks_of_messages();

// Each goes as far as its rule allows.
std::vector<RuleCase> limits_of_place();
std::vector<RuleCase> limits_of_moving();
std::vector<RuleCase> limits_of_messages();

// Makes a victim and lets the peer do something to it.
template <typename T, typename Peer, typename... Arguments>
std::unique_ptr<Victim> victim(pv_violations &violations, Peer peer, Arguments... arguments)
{
    auto made = std::make_unique<T>(violations, arguments...);
    peer(*made);
    return made;
}

} // namespace paravane::unit
