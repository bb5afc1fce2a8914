// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/event_area.hpp"

extern "C" {
#include <paravane/shared_bits.h>
}

namespace paravane {

namespace {

constexpr uint32_t word_bits = 64;

uint64_t bit_of(Port port)
{
    return uint64_t{1} << (port.value % word_bits);
}

uint64_t word_of(Port port)
{
    return port.value / word_bits * sizeof(uint64_t);
}

uint64_t pending_at(Port port)
{
    return offsetof(pv_event_area, pending) + word_of(port);
}

uint64_t mask_at(Port port)
{
    return offsetof(pv_event_area, mask) + word_of(port);
}

uint64_t area_of(VcpuId vcpu)
{
    return offsetof(pv_event_area, vcpu) + vcpu.value * sizeof(pv_vcpu_area);
}

} // namespace

bool EventArea::raise(Port port, VcpuId vcpu) const
{
    if ((pv_shared_set64(memory_.at(pending_at(port)), bit_of(port)) & bit_of(port)) != 0)
        return false;
    if (masked(port))
        return false;
    return select(port, vcpu);
}

bool EventArea::unmask(Port port, VcpuId vcpu) const
{
    (void)pv_shared_clear64(memory_.at(mask_at(port)), bit_of(port));
    return pending(port) && select(port, vcpu);
}

void EventArea::clear(Port port) const
{
    (void)pv_shared_clear64(memory_.at(pending_at(port)), bit_of(port));
}

bool EventArea::pending(Port port) const
{
    return (pv_shared_load64(memory_.at(pending_at(port))) & bit_of(port)) != 0;
}

bool EventArea::masked(Port port) const
{
    return (pv_shared_load64(memory_.at(mask_at(port))) & bit_of(port)) != 0;
}

bool EventArea::upcall_set(VcpuId vcpu) const
{
    return pv_shared_load32(memory_.at(area_of(vcpu) + offsetof(pv_vcpu_area, upcall))) != 0;
}

bool EventArea::select(Port port, VcpuId vcpu) const
{
    const uint64_t at = area_of(vcpu);

    (void)pv_shared_set64(memory_.at(at + offsetof(pv_vcpu_area, selector)),
                          uint64_t{1} << (port.value / word_bits));
    // Whoever set it before us interrupts the vCPU, or the vCPU itself set it and looks before it sleeps.
    return pv_shared_exchange32(memory_.at(at + offsetof(pv_vcpu_area, upcall)), 1) == 0;
}

} // namespace paravane
