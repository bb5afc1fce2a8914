// SPDX-License-Identifier: Apache-2.0
#include "backend/store/present_view.hpp"

namespace paravane {
namespace {

void tell_beneath(const Node &node, std::string &path, uint32_t depth, const WatchIndex &watches,
                  const Domains &domains)
{
    const size_t size = path.size();
    for (const auto &child : node.children) {
        path += '/';
        path += child->name;
        watches.fire({path, depth + 1, &child->record.permissions, true}, domains);
        tell_beneath(*child, path, depth + 1, watches, domains);
        path.resize(size);
    }
}

} // namespace

void tell_removal(const Node &node, std::string_view path, uint32_t depth,
                  const WatchIndex &watches, const Domains &domains)
{
    std::string text(path);
    watches.fire({path, depth, &node.record.permissions, false}, domains);
    tell_beneath(node, text, depth, watches, domains);
}

Answer<PresentView::Found> PresentView::find(const StorePath &path)
{
    path_ = &path;
    node_ = &tree_.root();
    for (depth_ = 0; depth_ < path.depth(); depth_++) {
        Node *child = tree_.child(*node_, path.component(depth_));
        if (child == nullptr)
            break;
        node_ = child;
    }
    return Found{&node_->record, depth_};
}

Answer<void> PresentView::set_value(std::string_view value)
{
    const int64_t more =
        static_cast<int64_t>(value.size()) - static_cast<int64_t>(node_->record.value.size());
    if (!affords(node_->record.permissions.owner(), 0, more))
        return Refusal{PV_EDQUOT};
    tree_.set_value(*node_, value);
    watches_.fire({path_->text(), depth_, &node_->record.permissions, false}, domains_);
    return {};
}

Answer<void> PresentView::set_permissions(const Permissions &permissions)
{
    tree_.set_permissions(*node_, permissions);
    watches_.fire({path_->text(), depth_, &node_->record.permissions, false}, domains_);
    return {};
}

Answer<void> PresentView::create(const StorePath &path, const Permissions &permissions,
                                 std::string_view value)
{
    const uint32_t nodes = path.depth() - depth_;
    uint64_t bytes = value.size();
    for (uint32_t depth = depth_; depth < path.depth(); depth++)
        bytes += path.component(depth).size();
    if (!affords(permissions.owner(), nodes, static_cast<int64_t>(bytes)))
        return Refusal{PV_EDQUOT};
    for (; depth_ < path.depth(); depth_++) {
        const bool last = depth_ + 1 == path.depth();
        node_ = &tree_.create(*node_, path.component(depth_),
                              {std::string(last ? value : std::string_view()), permissions});
    }
    watches_.fire({path.text(), depth_, &node_->record.permissions, false}, domains_);
    return {};
}

void PresentView::survey(const Node &node, bool entitled, Removal &removal) const
{
    const Permissions &permissions = node.record.permissions;
    entitled = entitled || permissions.is_mighty(who_);
    removal.denied = removal.denied || !(entitled || permissions.may_write(who_));
    removal.nodes++;
    for (const auto &child : node.children) {
        if (removal.nodes > domains_.limits().removed)
            return;
        survey(*child, entitled, removal);
    }
}

Answer<void> PresentView::remove()
{
    if (who_.domain != host_domain) {
        const bool entitled = owns_from_above(*node_, who_);
        if (!entitled && !node_->record.permissions.may_write(who_))
            return Refusal{PV_EACCES};
        Removal removal;
        survey(*node_, entitled, removal);
        if (removal.nodes > domains_.limits().removed)
            return Refusal{PV_E2BIG};
        if (removal.denied)
            return Refusal{PV_EACCES};
    }
    tell_removal(*node_, path_->text(), depth_, watches_, domains_);
    tree_.remove(*node_);
    return {};
}

Answer<void> PresentView::list(std::string_view after, const VisitName &visit) const
{
    const auto &children = node_->children;
    auto child = after.empty() ? children.begin() : children.upper_bound(after);
    while (child != children.end() && visit((*child)->name))
        ++child;
    return {};
}

} // namespace paravane
