// SPDX-License-Identifier: Apache-2.0
//
// One node of the store, and what of it a transaction can replace.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "backend/store/permissions.hpp"

namespace paravane {

struct Record {
    std::string value;
    Permissions permissions;
};

// What a node counts for in its owner's quota.
[[nodiscard]] inline uint64_t charged_bytes(std::string_view name, std::string_view value)
{
    return name.size() + value.size();
}

// Moments of the store, counted by its changes. None is used twice.
using Moment = uint64_t;

struct Node;

struct NodeName {
    using is_transparent = void;
    [[nodiscard]] static std::string_view of(const std::unique_ptr<Node> &node);
    [[nodiscard]] static std::string_view of(std::string_view name) { return name; }
    template <typename Left, typename Right>
    bool operator()(const Left &left, const Right &right) const
    {
        return of(left) < of(right);
    }
};

struct Node {
    // What a lookup compares, on one cache line: most nodes are cold when they are asked for.
    uint64_t hash = 0; // NodeIndex's, with next_in_bucket
    Node *next_in_bucket = nullptr;
    Node *parent = nullptr; // of the root: null
    std::string name;

    Record record;
    Moment changed = 0;          // when the record was last, or the node was made
    Moment children_changed = 0; // when a child was last made or removed
    Moment child_removed = 0;

    std::set<std::unique_ptr<Node>, NodeName> children;

    // The list of what its owner owns.
    Node *next_owned = nullptr;
    Node **owned_by = nullptr; // what points here: the owner's first, or another node's next
};

inline std::string_view NodeName::of(const std::unique_ptr<Node> &node)
{
    return node->name;
}

} // namespace paravane
