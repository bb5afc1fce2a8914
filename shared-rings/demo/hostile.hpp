// SPDX-License-Identifier: Apache-2.0
//
// A peer process that breaks one rule, and what becomes of the ring.
#pragma once

#include <string_view>
#include <vector>

extern "C" {
#include "paravane/rules.h"
}

namespace paravane::demo {

struct Verdict {
    std::string_view what; // the peer did
    pv_rule expected;
    pv_rule refused;
    bool neighbour_works;
};

// Empty when there was no memory or no process for it.
std::vector<Verdict> try_hostile_peers();

} // namespace paravane::demo
