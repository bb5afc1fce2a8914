// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "guest/options.hpp"
#include "report/report.hpp"
#include "ring/cores.hpp"

namespace paravane::bench {

// Adds the rows and targets, and what a reader must know of them. What went wrong, or empty. `why_no_kvm`
// is empty unless there are no figures of guests under KVM.
[[nodiscard]] std::string run_guest_suite(const GuestOptions &options, const Cores &cores,
                                          Report &report, std::vector<std::string> &notes,
                                          std::string &why_no_kvm);

} // namespace paravane::bench
