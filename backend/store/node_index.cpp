// SPDX-License-Identifier: Apache-2.0
#include "backend/store/node_index.hpp"

#include <cstdint>

namespace paravane {

uint64_t NodeIndex::hash_of(const Node &parent, std::string_view name) const
{
    // The parent's own hash stands for its place: two parents with one hash cost a comparison.
    return hash_(name, parent.hash);
}

Node *NodeIndex::find(const Node &parent, std::string_view name) const
{
    const uint64_t hash = hash_of(parent, name);
    Node *node = buckets_[bucket_of(hash)];
    while (node != nullptr && (node->hash != hash || node->parent != &parent || node->name != name))
        node = node->next_in_bucket;
    return node;
}

void NodeIndex::insert(Node &node)
{
    if (size_ == buckets_.size())
        grow();
    node.hash = hash_of(*node.parent, node.name);
    Node *&bucket = buckets_[bucket_of(node.hash)];
    node.next_in_bucket = bucket;
    bucket = &node;
    size_++;
}

void NodeIndex::erase(Node &node)
{
    Node **at = &buckets_[bucket_of(node.hash)];
    while (*at != &node)
        at = &(*at)->next_in_bucket;
    *at = node.next_in_bucket;
    size_--;
}

void NodeIndex::grow()
{
    const std::vector<Node *> old = std::move(buckets_);
    buckets_.assign(old.size() * 2, nullptr);
    for (Node *node : old) {
        while (node != nullptr) {
            Node *next = node->next_in_bucket;
            Node *&bucket = buckets_[bucket_of(node->hash)];
            node->next_in_bucket = bucket;
            bucket = node;
            node = next;
        }
    }
}

} // namespace paravane
