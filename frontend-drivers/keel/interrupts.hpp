// SPDX-License-Identifier: Apache-2.0
//
// Tells the host where interrupts and exceptions go.
#pragma once

namespace keel::interrupts {

// False where the host delivers neither: then only hypercalls return control to the guest.
[[nodiscard]] bool offered();

// Interrupts, for all vCPUs. Once.
void take_over_interrupts();
// Exceptions, and the stack on which this vCPU takes them.
void take_over_exceptions();

} // namespace keel::interrupts
