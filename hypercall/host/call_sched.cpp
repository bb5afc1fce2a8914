// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "hypercall/host/calls.hpp"

namespace paravane {

namespace {

Outcome poll(Domain &domain, const Call &call)
{
    uint64_t op = 0;
    GuestAddress at;
    uint32_t count = 0;
    uint64_t deadline = 0;

    if (!Arguments(call).take(op).take(at).take(count).take(deadline).good() ||
        count > PV_POLL_PORTS_MAX)
        return {-PV_EINVAL};
    std::vector<Port> ports(count);
    for (Port &port : ports) {
        pv_le32 number = {};
        if (!domain.memory().read(at, number))
            return {-PV_EFAULT};
        port.value = pv_le32_get(number);
        if (port.value >= PV_PORTS || !domain.events().pollable(port))
            return {-PV_EINVAL};
        at.value += sizeof(number);
    }
    // With neither, nothing would ever end it.
    if (count == 0 && deadline == 0)
        return {-PV_EINVAL};
    return {domain.poll(ports, deadline)};
}

Outcome shutdown(Domain &domain, const Call &call)
{
    uint64_t op = 0;
    uint32_t reason = 0;
    uint32_t status = 0;

    if (!Arguments(call).take(op).take(reason, PV_SHUTDOWNS).take(status, 256).good())
        return {-PV_EINVAL};
    domain.finish(reason, status);
    return {0, After::ended};
}

} // namespace

Outcome call_sched(Domain &domain, VcpuId vcpu, const Call &call)
{
    switch (call.argument[0]) {
    case PV_SCHED_YIELD:
        return {0, After::yield};
    case PV_SCHED_BLOCK:
        return {0, After::block};
    case PV_SCHED_POLL:
        return poll(domain, call);
    case PV_SCHED_SHUTDOWN:
        return shutdown(domain, call);
    case PV_SCHED_SUSPEND:
        return {domain.suspend(vcpu)};
    default:
        return {-PV_EINVAL};
    }
}

} // namespace paravane
