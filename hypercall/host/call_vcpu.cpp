// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/calls.hpp"

namespace paravane {

namespace {

int64_t up(Domain &domain, const Call &call)
{
    uint64_t op = 0;
    VcpuId vcpu;
    VcpuStart start;

    if (!Arguments(call)
             .take(op)
             .take(vcpu)
             .take(start.entry)
             .take(start.stack)
             .take(start.argument)
             .good() ||
        vcpu.value >= domain.vcpu_count())
        return -PV_EINVAL;
    if (domain.vcpu(vcpu).up)
        return -PV_EBUSY;
    const int64_t result = domain.vehicle().start_vcpu(vcpu, start);
    if (result == 0)
        domain.vcpu(vcpu).up = true;
    return result;
}

int64_t is_up(Domain &domain, const Call &call)
{
    uint64_t op = 0;
    VcpuId vcpu;

    if (!Arguments(call).take(op).take(vcpu).good() || vcpu.value >= domain.vcpu_count())
        return -PV_EINVAL;
    return domain.vcpu(vcpu).up ? 1 : 0;
}

int64_t runstate(Domain &domain, const Call &call)
{
    uint64_t op = 0;
    VcpuId vcpu;
    uint32_t state = 0;

    if (!Arguments(call).take(op).take(vcpu).take(state, PV_RUNSTATES).good() ||
        vcpu.value >= domain.vcpu_count())
        return -PV_EINVAL;
    return static_cast<int64_t>(domain.vcpu(vcpu).time.spent(state));
}

} // namespace

Outcome call_vcpu(Domain &domain, VcpuId vcpu, const Call &call)
{
    switch (call.argument[0]) {
    case PV_VCPU_UP:
        return {up(domain, call)};
    case PV_VCPU_DOWN:
        domain.vcpu(vcpu).up = false;
        return {0, After::down};
    case PV_VCPU_IS_UP:
        return {is_up(domain, call)};
    case PV_VCPU_RUNSTATE:
        return {runstate(domain, call)};
    default:
        return {-PV_EINVAL};
    }
}

} // namespace paravane
