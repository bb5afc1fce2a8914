// SPDX-License-Identifier: Apache-2.0
//
// Finds a child by its parent and name in one step, however many children there are. Directories keep
// their children sorted besides, for listing.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "backend/store/keyed_hash.hpp"
#include "backend/store/node.hpp"

namespace paravane {

class NodeIndex {
  public:
    [[nodiscard]] Node *find(const Node &parent, std::string_view name) const;
    // The node is not in it, has its parent and name, and stays where it is until taken out.
    void insert(Node &node);
    void erase(Node &node);
    [[nodiscard]] size_t size() const { return size_; }

  private:
    [[nodiscard]] uint64_t hash_of(const Node &parent, std::string_view name) const;
    [[nodiscard]] size_t bucket_of(uint64_t hash) const { return hash & (buckets_.size() - 1); }
    void grow();

    static constexpr size_t initial_buckets = 64;

    KeyedHash hash_;
    std::vector<Node *> buckets_ = std::vector<Node *>(initial_buckets);
    size_t size_ = 0;
};

} // namespace paravane
