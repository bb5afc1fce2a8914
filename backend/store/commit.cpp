// SPDX-License-Identifier: Apache-2.0
#include "backend/store/commit.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace paravane {
namespace {

bool still_holds(const Shadow &shadow, const Node *node, const Tree &tree)
{
    if (shadow.seen == Shadow::Seen::absent && node != nullptr)
        return false;
    if (shadow.seen == Shadow::Seen::present &&
        (node == nullptr || node->changed != shadow.seen_changed))
        return false;
    if (shadow.listed && (node == nullptr || node->children_changed != shadow.seen_children))
        return false;
    return std::all_of(shadow.children.begin(), shadow.children.end(), [&](const auto &child) {
        const Node *below = node == nullptr ? nullptr : tree.child(*node, child.first);
        return still_holds(*child.second, below, tree);
    });
}

struct Growth {
    int64_t nodes = 0;
    int64_t bytes = 0;
};

using GrowthByOwner = std::map<DomainId, Growth>;

void add_up(const Shadow &shadow, std::string_view name, const Node *node, const Tree &tree,
            GrowthByOwner &growth)
{
    const auto count = [&](const Record &record, int64_t sign) {
        Growth &of = growth[record.permissions.owner()];
        of.nodes += sign;
        of.bytes += sign * static_cast<int64_t>(charged_bytes(name, record.value));
    };
    if (shadow.edit != Shadow::Edit::none && node != nullptr)
        count(node->record, -1);
    if (shadow.edit == Shadow::Edit::put)
        count(shadow.record, 1);
    for (const auto &[child, below] : shadow.children)
        add_up(*below, child, node == nullptr ? nullptr : tree.child(*node, child), tree, growth);
}

// What is told of one edit.
struct Told {
    std::string path;
    uint32_t depth = 0;
    Permissions permissions;
    bool exact = false;
    uint32_t order = 0;
};

class Application {
  public:
    Application(Tree &tree, const WatchIndex &watches) : tree_(tree), watches_(watches) {}

    void apply_children(const Shadow &shadow, Node &node, const std::string &path, uint32_t depth)
    {
        for (const auto &[name, below] : shadow.children)
            apply(*below, name, node, (depth == 0 ? "/" : path + "/") + name, depth + 1);
    }
    void apply_root(const Shadow &root)
    {
        if (root.edit == Shadow::Edit::put)
            put(root, tree_.root(), "/", 0);
        apply_children(root, tree_.root(), "/", 0);
    }
    void tell(const Domains &domains)
    {
        std::sort(told_.begin(), told_.end(),
                  [](const Told &left, const Told &right) { return left.order < right.order; });
        for (const Told &told : told_)
            watches_.fire({told.path, told.depth, &told.permissions, told.exact}, domains);
    }

  private:
    void put(const Shadow &shadow, Node &node, const std::string &path, uint32_t depth)
    {
        if (!(node.record.permissions == shadow.record.permissions))
            tree_.set_permissions(node, shadow.record.permissions);
        tree_.set_value(node, shadow.record.value);
        told_.push_back({path, depth, node.record.permissions, false, shadow.order});
    }
    void apply(const Shadow &shadow, const std::string &name, Node &parent, const std::string &path,
               uint32_t depth)
    {
        Node *node = tree_.child(parent, name);
        if (shadow.edit == Shadow::Edit::put && node != nullptr) {
            put(shadow, *node, path, depth);
        } else if (shadow.edit == Shadow::Edit::put) {
            node = &tree_.create(parent, name, shadow.record);
            if (!shadow.implied)
                told_.push_back({path, depth, node->record.permissions, false, shadow.order});
        }
        // Beneath what is not there nothing was edited.
        if (node == nullptr)
            return;
        apply_children(shadow, *node, path, depth);
        if (shadow.edit == Shadow::Edit::removed) {
            told_.push_back({path, depth, node->record.permissions, shadow.beneath, shadow.order});
            tree_.remove(*node);
        }
    }

    Tree &tree_;
    const WatchIndex &watches_;
    std::vector<Told> told_;
};

} // namespace

Answer<void> commit(const Transaction &transaction, Tree &tree, const Domains &domains,
                    const WatchIndex &watches)
{
    if (transaction.is_over())
        return Refusal{PV_EAGAIN};
    // Nothing changed at all is the usual case.
    if (tree.now() != transaction.start() && !still_holds(transaction.root(), &tree.root(), tree))
        return Refusal{PV_EAGAIN};
    if (transaction.who().domain != host_domain) {
        GrowthByOwner growth;
        add_up(transaction.root(), {}, &tree.root(), tree, growth);
        for (const auto &[owner, more] : growth)
            if (!domains.affords(owner, more.nodes, more.bytes))
                return Refusal{PV_EDQUOT};
    }
    Application application(tree, watches);
    application.apply_root(transaction.root());
    application.tell(domains);
    return {};
}

} // namespace paravane
