// SPDX-License-Identifier: Apache-2.0
#include "backend/store/tree.hpp"

#include <utility>

namespace paravane {

Tree::Tree(Domains &domains) : domains_(domains)
{
    domains_.charge(root_);
}

Node &Tree::create(Node &parent, std::string_view name, Record record)
{
    auto made = std::make_unique<Node>();
    Node &node = *made;
    node.parent = &parent;
    node.name = name;
    node.record = std::move(record);
    node.changed = ++now_;
    node.children_changed = now_;
    parent.children_changed = now_;
    parent.children.insert(std::move(made));
    index_.insert(node);
    domains_.charge(node);
    return node;
}

void Tree::set_value(Node &node, std::string_view value)
{
    const uint64_t old_size = node.record.value.size();
    // A swap, because assigning would keep the longer value's memory, uncharged.
    std::string(value).swap(node.record.value);
    node.changed = ++now_;
    domains_.recharge_value(node, old_size);
}

void Tree::set_permissions(Node &node, const Permissions &permissions)
{
    domains_.discharge(node);
    node.record.permissions = permissions;
    node.changed = ++now_;
    domains_.charge(node);
}

void Tree::remove(Node &node)
{
    Node &parent = *node.parent;
    forget_beneath(node);
    parent.child_removed = parent.children_changed = ++now_;
    parent.children.erase(parent.children.find(std::string_view(node.name)));
}

void Tree::forget_beneath(Node &node)
{
    for (const auto &child : node.children)
        forget_beneath(*child);
    index_.erase(node);
    domains_.discharge(node);
}

bool owns_from_above(const Node &node, const Subject &who)
{
    for (const Node *at = &node; at != nullptr; at = at->parent)
        if (at->record.permissions.is_mighty(who))
            return true;
    return false;
}

std::string path_of(const Node &node)
{
    if (node.parent == nullptr)
        return "/";
    std::string path;
    for (const Node *at = &node; at->parent != nullptr; at = at->parent)
        path.insert(0, "/" + at->name);
    return path;
}

} // namespace paravane
