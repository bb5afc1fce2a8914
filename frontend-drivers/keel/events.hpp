// SPDX-License-Identifier: Apache-2.0
//
// Ports: who is called when one is raised, and the bits that say so. docs/abi.md has the protocol.
#pragma once

#include <cstdint>

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

namespace keel::events {

// What a binding results in.
struct Bound {
    Port port;
    int64_t error = 0; // a negative one of errors.h, or 0 when there is a port

    [[nodiscard]] bool good() const { return error == 0; }
};

// The handler runs in the event loop of `vcpu`, once or less often for each time the port is raised.
[[nodiscard]] Bound bind_virq(pv_virq virq, uint32_t vcpu, const Handler &handler);
[[nodiscard]] Bound bind_ipi(uint32_t vcpu, const Handler &handler);
// Sets the handler of a port that was made otherwise, which is raised at the first vCPU. What is pending
// since before is handled.
void handle(Port port, const Handler &handler);
// The port is raised at this vCPU from now on.
[[nodiscard]] int64_t move(Port port, uint32_t vcpu);
// The port has an interrupt of its own from now on, this vCPU's direct event of that number, until it is
// closed. Its handler runs in this vCPU's event loop; nothing tells how often it was raised.
[[nodiscard]] int64_t bind_direct(Port port, uint32_t number, const Handler &handler);
int64_t close(Port port);

void mask(Port port);
// What came meanwhile is handled.
void unmask(Port port);
[[nodiscard]] bool pending(Port port);
// Takes the pending bit away: true if it was set. For who waits for a port that has no handler.
bool take_pending(Port port);

// Closes all ports, and binds those again that the kernel itself needs.
void reset();

// Calls the handlers of what was raised at this vCPU since the last time; true if there was anything.
bool scan();

} // namespace keel::events
