// SPDX-License-Identifier: Apache-2.0
//
// The nodes as they are. Every change has its moment and is charged to the node's owner; whether it is
// allowed was decided before.
#pragma once

#include <string>
#include <string_view>

#include "backend/store/domains.hpp"
#include "backend/store/node.hpp"
#include "backend/store/node_index.hpp"
#include "backend/store/path.hpp"

namespace paravane {

class Tree {
  public:
    explicit Tree(Domains &domains);
    Tree(const Tree &) = delete;
    Tree &operator=(const Tree &) = delete;
    Tree(Tree &&) = delete;
    Tree &operator=(Tree &&) = delete;
    ~Tree() = default;

    [[nodiscard]] Node &root() { return root_; }
    [[nodiscard]] const Node &root() const { return root_; }
    [[nodiscard]] Node *child(const Node &parent, std::string_view name) const
    {
        return index_.find(parent, name);
    }
    // The root is one.
    [[nodiscard]] size_t size() const { return index_.size() + 1; }
    [[nodiscard]] Moment now() const { return now_; }

    Node &create(Node &parent, std::string_view name, Record record);
    void set_value(Node &node, std::string_view value);
    void set_permissions(Node &node, const Permissions &permissions);
    // With everything beneath. Not the root.
    void remove(Node &node);

  private:
    void forget_beneath(Node &node);

    Domains &domains_;
    NodeIndex index_;
    Node root_;
    Moment now_ = 0;
};

// Whether somebody who owns a directory on the way up, and so may empty it, removes the node.
[[nodiscard]] bool owns_from_above(const Node &node, const Subject &who);

[[nodiscard]] std::string path_of(const Node &node);

} // namespace paravane
