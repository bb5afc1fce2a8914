// SPDX-License-Identifier: Apache-2.0
//
// What a transaction remembers of one node: what it saw in the store, and what it puts in its place.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "backend/store/node.hpp"

namespace paravane {

struct Shadow {
    enum class Seen : uint8_t { nothing, absent, present };
    enum class Edit : uint8_t { none, put, removed };

    std::map<std::string, std::unique_ptr<Shadow>, std::less<>> children;
    Record record; // when put
    Seen seen = Seen::nothing;
    Edit edit = Edit::none;
    // Removed once: nothing of the store beneath shows any more, even if the node was made again.
    bool hides = false;
    // Removed with what lay above it.
    bool beneath = false;
    // Made only because something beneath was: nobody is told of it.
    bool implied = false;
    Moment seen_changed = 0;
    bool listed = false;
    Moment seen_children = 0;
    uint32_t order = 0; // of the edit among the transaction's
};

} // namespace paravane
