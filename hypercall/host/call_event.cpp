// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/calls.hpp"

namespace paravane {

namespace {

int64_t describe_doorbell(Domain &domain, Port port, GuestAddress to)
{
    pv_doorbell description = {};

    // First the place, so that nothing was done when it is bad.
    if (!domain.memory().writable(to, sizeof(description)))
        return -PV_EFAULT;
    const int64_t result = domain.events().doorbell(port, description);
    if (result == 0 && !domain.memory().write(to, description))
        return -PV_EFAULT;
    return result;
}

} // namespace

Outcome call_event(Domain &domain, VcpuId /*vcpu*/, const Call &call)
{
    EventChannels &events = domain.events();
    uint64_t op = 0;
    DomainId remote;
    Port port;
    VcpuId vcpu;
    GuestAddress to;
    uint32_t number = 0;
    Arguments arguments(call);

    arguments.take(op);
    switch (op) {
    case PV_EVENT_ALLOC_UNBOUND:
        return {arguments.take(remote).good() ? events.alloc_unbound(remote) : -PV_EINVAL};
    case PV_EVENT_BIND_INTERDOMAIN:
        return {arguments.take(remote).take(port).good() ? events.bind_interdomain(remote, port)
                                                         : -PV_EINVAL};
    case PV_EVENT_BIND_VIRQ:
        return {arguments.take(number, PV_VIRQS).take(vcpu).good() ? events.bind_virq(number, vcpu)
                                                                   : -PV_EINVAL};
    case PV_EVENT_BIND_IPI:
        return {arguments.take(vcpu).good() ? events.bind_ipi(vcpu) : -PV_EINVAL};
    case PV_EVENT_BIND_VCPU:
        return {arguments.take(port).take(vcpu).good() ? events.bind_vcpu(port, vcpu) : -PV_EINVAL};
    case PV_EVENT_SEND:
        return {arguments.take(port).good() ? events.send(port) : -PV_EINVAL};
    case PV_EVENT_UNMASK:
        return {arguments.take(port).good() ? events.unmask(port) : -PV_EINVAL};
    case PV_EVENT_STATUS:
        return {arguments.take(port).good() ? events.status(port) : -PV_EINVAL};
    case PV_EVENT_CLOSE:
        return {arguments.take(port).good() ? events.close(port) : -PV_EINVAL};
    case PV_EVENT_RESET:
        events.reset();
        return {0};
    case PV_EVENT_DOORBELL:
        return {arguments.take(port).take(to).good() ? describe_doorbell(domain, port, to)
                                                     : -PV_EINVAL};
    case PV_EVENT_BIND_DIRECT:
        return {arguments.take(port).take(vcpu).take(number).good()
                    ? events.bind_direct(port, vcpu, number)
                    : -PV_EINVAL};
    default:
        return {-PV_EINVAL};
    }
}

} // namespace paravane
