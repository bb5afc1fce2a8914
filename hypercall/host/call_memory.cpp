// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/calls.hpp"

#include "hypercall/host/mappable.hpp"
#include <paravane/layout.h>

namespace paravane {

namespace {

constexpr uint32_t protect_bits = PV_PROTECT_READ | PV_PROTECT_WRITE | PV_PROTECT_EXECUTE;

int64_t describe_region(Domain &domain, const Call &call)
{
    uint64_t op = 0;
    uint32_t index = 0;
    GuestAddress to;

    if (!Arguments(call).take(op).take(index).take(to).good())
        return -PV_EINVAL;
    const auto regions = domain.memory().regions();
    if (index >= regions.size())
        return -PV_ENOENT;
    pv_memory_region region = {};
    region.base = pv_le64_of(regions[index]->base.value);
    region.bytes = pv_le64_of(regions[index]->bytes());
    region.flags = pv_le32_of(regions[index]->flags);
    return domain.memory().write(to, region) ? 0 : -PV_EFAULT;
}

// RAM alone comes and goes: never the arena, nor what is shared.
int64_t populate_or_release(Domain &domain, const Call &call)
{
    uint64_t op = 0;
    GuestAddress from;
    uint64_t bytes = 0;

    if (!Arguments(call).take(op).take(from).take(bytes).good() || !whole_pages(from.value, bytes))
        return -PV_EINVAL;
    return domain.memory().discard(from, bytes, op == PV_MEMORY_RELEASE);
}

int64_t protect(Domain &domain, VcpuId caller, const Call &call)
{
    uint64_t op = 0;
    GuestVirtual from;
    uint64_t bytes = 0;
    uint32_t access = 0;

    if (!Arguments(call).take(op).take(from).take(bytes).take(access).good() ||
        (access & ~protect_bits) != 0 || !whole_pages(from.value, bytes) ||
        from.value < PV_GUEST_VIRTUAL_BASE)
        return -PV_EINVAL;
    const GuestAddress to = {from.value - PV_GUEST_VIRTUAL_BASE};
    if (!domain.memory().writable(to, bytes))
        return -PV_EFAULT;
    return domain.vehicle().map(caller, from, to, bytes, access | PV_PROTECT_READ);
}

int64_t map(Domain &domain, VcpuId caller, const Call &call)
{
    uint64_t op = 0;
    GuestVirtual from;
    GuestAddress to;
    uint64_t bytes = 0;
    uint32_t access = 0;

    if (!Arguments(call).take(op).take(from).take(to).take(bytes).take(access).good() ||
        (access & ~protect_bits) != 0 || access == 0 || !mappable(from.value, bytes) ||
        to.value % PV_PAGE_SIZE != 0)
        return -PV_EINVAL;
    if (!domain.memory().writable(to, bytes))
        return -PV_EFAULT;
    return domain.vehicle().map(caller, from, to, bytes, access);
}

int64_t unmap(Domain &domain, VcpuId caller, const Call &call)
{
    uint64_t op = 0;
    GuestVirtual from;
    uint64_t bytes = 0;

    if (!Arguments(call).take(op).take(from).take(bytes).good() || !mappable(from.value, bytes))
        return -PV_EINVAL;
    return domain.vehicle().map(caller, from, {}, bytes, 0);
}

} // namespace

Outcome call_memory(Domain &domain, VcpuId vcpu, const Call &call)
{
    switch (call.argument[0]) {
    case PV_MEMORY_REGION:
        return {describe_region(domain, call)};
    case PV_MEMORY_POPULATE:
    case PV_MEMORY_RELEASE:
        return {populate_or_release(domain, call)};
    case PV_MEMORY_PROTECT:
        return {protect(domain, vcpu, call)};
    case PV_MEMORY_MAP:
        return {map(domain, vcpu, call)};
    case PV_MEMORY_UNMAP:
        return {unmap(domain, vcpu, call)};
    default:
        return {-PV_EINVAL};
    }
}

} // namespace paravane
