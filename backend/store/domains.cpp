// SPDX-License-Identifier: Apache-2.0
#include "backend/store/domains.hpp"

namespace paravane {

const DomainState *Domains::find(DomainId domain) const
{
    const auto state = states_.find(domain);
    return state == states_.end() ? nullptr : &state->second;
}

uint32_t Domains::life(DomainId domain) const
{
    const DomainState *state = find(domain);
    return state == nullptr ? 0 : state->life;
}

bool Domains::affords(DomainId owner, int64_t nodes, int64_t bytes) const
{
    if (owner == host_domain)
        return true;
    const DomainState *state = find(owner);
    const StoreUsage usage = state == nullptr ? StoreUsage{} : state->usage;
    return (nodes <= 0 || int64_t{usage.nodes} + nodes <= int64_t{limits_.nodes}) &&
           (bytes <= 0 ||
            static_cast<int64_t>(usage.bytes) + bytes <= static_cast<int64_t>(limits_.bytes));
}

void Domains::charge(Node &node)
{
    DomainState &state = at(node.record.permissions.owner());
    state.usage.nodes++;
    state.usage.bytes += charged_bytes(node.name, node.record.value);
    node.next_owned = state.first_owned;
    node.owned_by = &state.first_owned;
    if (node.next_owned != nullptr)
        node.next_owned->owned_by = &node.next_owned;
    state.first_owned = &node;
}

void Domains::discharge(Node &node)
{
    DomainState &state = at(node.record.permissions.owner());
    state.usage.nodes--;
    state.usage.bytes -= charged_bytes(node.name, node.record.value);
    *node.owned_by = node.next_owned;
    if (node.next_owned != nullptr)
        node.next_owned->owned_by = node.owned_by;
}

void Domains::recharge_value(const Node &node, uint64_t old_size)
{
    StoreUsage &usage = at(node.record.permissions.owner()).usage;
    usage.bytes += node.record.value.size();
    usage.bytes -= old_size;
}

} // namespace paravane
