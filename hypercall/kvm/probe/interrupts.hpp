// SPDX-License-Identifier: Apache-2.0
//
// Interrupts that a running or a sleeping guest takes, one after another.
#pragma once

#include <cstdint>
#include <vector>

#include "hypercall/kvm/probe/guest.hpp"

namespace paravane::probe {

// With the guest in PROBE_SPIN or PROBE_HALT: for each of so many interrupts, nanoseconds from the write to
// the eventfd until the handler's store was seen here. The guest has one processor and who interrupts it
// another. A Problem if there are no two, or if an interrupt did not arrive.
[[nodiscard]] Result<std::vector<double>> sample_interrupts(Guest &guest, uint32_t command,
                                                            uint32_t samples);

// The same for their arrival alone, which one processor is enough for.
[[nodiscard]] Result<void> try_interrupts(Guest &guest, uint32_t command, uint32_t count);

} // namespace paravane::probe
