// SPDX-License-Identifier: Apache-2.0
//
// What each way out of a guest, and into it, costs on this host.
#pragma once

#include <vector>

#include "hypercall/host/probe/cost.hpp"
#include "hypercall/kvm/probe/guest.hpp"

namespace paravane::probe {

// The guest must be connected. With none, each cost is there with that reason instead of a figure.
[[nodiscard]] std::vector<Cost> measure_costs(Guest *guest, const std::string &why_no_guest);

// Nanoseconds for each iteration of a loop of two instructions.
[[nodiscard]] Result<Spread> measure_loop(Guest &guest, uint32_t iterations);

} // namespace paravane::probe
