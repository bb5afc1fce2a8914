// SPDX-License-Identifier: Apache-2.0
//
// The host's side of the event area. It sets pending bits, selectors and `upcall`, and reads mask bits and
// `upcall` to decide whether to disturb a vCPU, never to find its way: whatever a guest writes there,
// the worst is that its own vCPUs sleep too long or too little. The steps are those of the model events.pml.
#pragma once

#include "hypercall/host/call.hpp"
#include <paravane/event.h>
#include <paravane/shared_memory.hpp>

namespace paravane {

class EventArea {
  public:
    // The memory must stay.
    explicit EventArea(const SharedMemory &memory) : memory_(memory) {}

    // True: the vCPU must be interrupted, or woken.
    [[nodiscard]] bool raise(Port port, VcpuId vcpu) const;
    // The guest asked for it. True as for raise().
    [[nodiscard]] bool unmask(Port port, VcpuId vcpu) const;
    // What is pending is to be found on this vCPU too. True as for raise().
    [[nodiscard]] bool select(Port port, VcpuId vcpu) const;
    void clear(Port port) const;

    [[nodiscard]] bool pending(Port port) const;
    [[nodiscard]] bool masked(Port port) const;
    // There is something to look at: the vCPU must not sleep.
    [[nodiscard]] bool upcall_set(VcpuId vcpu) const;

  private:
    const SharedMemory &memory_;
};

} // namespace paravane
