// SPDX-License-Identifier: Apache-2.0
//
// Whether there is a KVM at all, and who may use it.
#pragma once

#include <string>

#include "hypercall/host/probe/finding.hpp"

namespace paravane::probe {

[[nodiscard]] Finding probe_kvm_device(const std::string &path);

} // namespace paravane::probe
