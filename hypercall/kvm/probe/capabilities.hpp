// SPDX-License-Identifier: Apache-2.0
//
// What a KVM says of itself, of what our guests need.
#pragma once

#include <vector>

#include "hypercall/host/probe/finding.hpp"
#include "hypercall/kvm/device.hpp"

namespace paravane::probe {

// With no device every one is untried, for that reason.
[[nodiscard]] std::vector<Finding> probe_capabilities(const kvm::Device *device,
                                                      const std::string &why_no_device);

} // namespace paravane::probe
