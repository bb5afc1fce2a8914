// SPDX-License-Identifier: Apache-2.0
#include "backend/store/transaction.hpp"

#include <utility>
#include <vector>

namespace paravane {

Transaction::Transaction(Tree &tree, const Subject &who, const StoreLimits &limits)
    : tree_(tree), who_(who), limits_(limits), start_(tree.now())
{
    root_.seen = Shadow::Seen::present;
    root_.seen_changed = tree_.root().changed;
    way_[0] = {&root_, &tree_.root(), false};
}

bool Transaction::shows(const Place &place)
{
    if (place.shadow != nullptr && place.shadow->edit != Shadow::Edit::none)
        return place.shadow->edit == Shadow::Edit::put;
    return place.node != nullptr && !place.hidden;
}

Transaction::Place Transaction::child_of(const Place &place, std::string_view name) const
{
    Place child;
    child.hidden = place.hidden || (place.shadow != nullptr && place.shadow->hides);
    if (place.shadow != nullptr) {
        const auto found = place.shadow->children.find(name);
        child.shadow = found == place.shadow->children.end() ? nullptr : found->second.get();
    }
    child.node = place.node == nullptr ? nullptr : tree_.child(*place.node, name);
    return child;
}

const Record &Transaction::record_of(const Place &place) const
{
    if (place.shadow != nullptr && place.shadow->edit == Shadow::Edit::put)
        return place.shadow->record;
    return place.node->record;
}

Refusal Transaction::conflict()
{
    over_ = true;
    return Refusal{PV_EAGAIN};
}

bool Transaction::keep_bytes(uint64_t more, uint64_t less)
{
    const uint64_t bytes = bytes_ - less + more;
    if (more > less && bytes > limits_.pending_bytes && who_.domain != host_domain)
        return false;
    bytes_ = bytes;
    return true;
}

Answer<Shadow *> Transaction::remember(Shadow &parent, std::string_view name)
{
    if (who_.domain != host_domain && touched_ >= limits_.touched)
        return Refusal{PV_EDQUOT};
    if (!keep_bytes(name.size(), 0))
        return Refusal{PV_EDQUOT};
    touched_++;
    return parent.children.emplace(name, std::make_unique<Shadow>()).first->second.get();
}

Answer<void> Transaction::see(const Place &parent, Place &place, std::string_view name)
{
    if (place.shadow == nullptr) {
        const Answer<Shadow *> made = remember(*parent.shadow, name);
        if (!made)
            return made.error();
        place.shadow = *made;
    }
    Shadow &shadow = *place.shadow;
    if (shadow.seen == Shadow::Seen::present) {
        if (place.node == nullptr || place.node->changed != shadow.seen_changed)
            return conflict();
    } else if (place.node != nullptr) {
        // Seen as absent before, or hidden by a removal that did not find it, or younger than we are.
        if (shadow.seen == Shadow::Seen::absent || place.hidden || place.node->changed > start_)
            return conflict();
        shadow.seen = Shadow::Seen::present;
        shadow.seen_changed = place.node->changed;
    } else if (shadow.seen == Shadow::Seen::nothing) {
        // Is it gone only since we began? The directory cannot tell which child it lost.
        if (parent.node != nullptr && parent.node->child_removed > start_)
            return conflict();
        shadow.seen = Shadow::Seen::absent;
    }
    return {};
}

Answer<Transaction::Found> Transaction::find(const StorePath &path)
{
    if (over_)
        return Refusal{PV_EAGAIN};
    depth_ = 0;
    if (tree_.root().changed > start_)
        return conflict();
    while (depth_ < path.depth()) {
        const std::string_view name = path.component(depth_);
        Place next = child_of(way_[depth_], name);
        // Absence is seen too: it is what an ENOENT, or a creation, rests on.
        const bool there = shows(next);
        const Answer<void> seen = see(way_[depth_], next, name);
        if (!seen)
            return seen.error();
        if (!there)
            break;
        way_[++depth_] = next;
    }
    return Found{&record_of(way_[depth_]), depth_};
}

Answer<Shadow *> Transaction::put(Place &place, std::string_view value,
                                  const Permissions &permissions)
{
    Shadow &shadow = *place.shadow;
    if (!keep_bytes(value.size(), shadow.record.value.size()))
        return Refusal{PV_EDQUOT};
    std::string(value).swap(shadow.record.value);
    shadow.record.permissions = permissions;
    shadow.edit = Shadow::Edit::put;
    shadow.beneath = false;
    shadow.implied = false;
    shadow.order = ++order_;
    return &shadow;
}

Answer<void> Transaction::set_value(std::string_view value)
{
    const Permissions permissions = record_of(way_[depth_]).permissions;
    const Answer<Shadow *> done = put(way_[depth_], value, permissions);
    return done ? Answer<void>() : done.error();
}

Answer<void> Transaction::set_permissions(const Permissions &permissions)
{
    const std::string value = record_of(way_[depth_]).value;
    const Answer<Shadow *> done = put(way_[depth_], value, permissions);
    return done ? Answer<void>() : done.error();
}

Answer<void> Transaction::create(const StorePath &path, const Permissions &permissions,
                                 std::string_view value)
{
    // The memory for all of it first: half of a path is not made.
    Place parent = way_[depth_];
    std::vector<Place> made;
    for (uint32_t depth = depth_; depth < path.depth(); depth++) {
        Place place = child_of(parent, path.component(depth));
        const Answer<void> seen = see(parent, place, path.component(depth));
        if (!seen)
            return seen.error();
        made.push_back(place);
        parent = place;
    }
    const Answer<Shadow *> last = put(made.back(), value, permissions);
    if (!last)
        return last.error();
    made.pop_back();
    for (Place &place : made) {
        const Answer<Shadow *> done = put(place, {}, permissions);
        if (!done)
            return done.error();
        (*done)->implied = true;
    }
    return {};
}

template <typename Visit>
void Transaction::merge(const Place &place, std::string_view after, Visit visit) const
{
    static const std::map<std::string, std::unique_ptr<Shadow>, std::less<>> none;
    static const std::set<std::unique_ptr<Node>, NodeName> no_nodes;
    const bool covered = place.hidden || (place.shadow != nullptr && place.shadow->hides);
    const auto &nodes = place.node == nullptr || covered ? no_nodes : place.node->children;
    const auto &shadows = place.shadow == nullptr ? none : place.shadow->children;
    auto node = after.empty() ? nodes.begin() : nodes.upper_bound(after);
    auto shadow = after.empty() ? shadows.begin() : shadows.upper_bound(after);

    while (node != nodes.end() || shadow != shadows.end()) {
        std::string_view name;
        if (shadow == shadows.end() || (node != nodes.end() && (*node)->name <= shadow->first))
            name = (*node)->name;
        else
            name = shadow->first;
        const Place child = child_of(place, name);
        if (node != nodes.end() && (*node)->name == name)
            ++node;
        if (shadow != shadows.end() && shadow->first == name)
            ++shadow;
        if (shows(child) && !visit(name, child))
            return;
    }
}

Answer<void> Transaction::see_children(const Place &place)
{
    Shadow &shadow = *place.shadow;
    if (place.node == nullptr || place.hidden)
        return {};
    if (shadow.listed ? place.node->children_changed != shadow.seen_children
                      : place.node->children_changed > start_)
        return conflict();
    shadow.listed = true;
    shadow.seen_children = place.node->children_changed;
    return {};
}

Answer<void> Transaction::list(std::string_view after, const VisitName &visit)
{
    const Answer<void> seen = see_children(way_[depth_]);
    if (!seen)
        return seen.error();
    merge(way_[depth_], after,
          [&](std::string_view name, const Place & /*child*/) { return visit(name); });
    return {};
}

bool Transaction::owned_from_above() const
{
    for (uint32_t depth = 0; depth <= depth_; depth++)
        if (record_of(way_[depth]).permissions.is_mighty(who_))
            return true;
    return false;
}

Answer<void> Transaction::see_all_beneath(const Place &place, bool entitled)
{
    const Permissions &permissions = record_of(place).permissions;
    entitled = entitled || permissions.is_mighty(who_);
    if (!entitled && !permissions.may_write(who_))
        return Refusal{PV_EACCES};
    const Answer<void> seen = see_children(place);
    if (!seen)
        return seen.error();
    // Seeing a child may add to what merge() goes through.
    std::vector<std::string> names;
    merge(place, {}, [&](std::string_view name, const Place & /*child*/) {
        names.emplace_back(name);
        return who_.domain == host_domain || names.size() <= limits_.touched;
    });
    for (const std::string &name : names) {
        Place child = child_of(place, name);
        const Answer<void> child_seen = see(place, child, name);
        if (!child_seen)
            return child_seen.error();
        const Answer<void> all = see_all_beneath(child, entitled);
        if (!all)
            return all.error();
    }
    return {};
}

void Transaction::mark_removed(Place &place, bool beneath)
{
    for (auto &[name, shadow] : place.shadow->children) {
        Place child = child_of(place, name);
        if (shows(child))
            mark_removed(child, true);
    }
    Shadow &shadow = *place.shadow;
    bytes_ -= shadow.record.value.size();
    shadow.record = {};
    shadow.edit = Shadow::Edit::removed;
    shadow.hides = true;
    shadow.beneath = beneath;
    shadow.order = ++order_;
}

Answer<void> Transaction::remove()
{
    Place &place = way_[depth_];
    const Answer<void> seen = see_all_beneath(place, owned_from_above());
    if (!seen)
        return seen.error();
    mark_removed(place, false);
    return {};
}

} // namespace paravane
