// SPDX-License-Identifier: Apache-2.0
//
// Whether guests run under KVM on this host, what its KVM can do, and what each way out of a guest costs.
#pragma once

#include <string>
#include <vector>

#include "hypercall/host/probe/cost.hpp"
#include "hypercall/host/probe/finding.hpp"

namespace paravane::probe {

struct KvmOptions {
    std::string device = "/dev/kvm";
    bool with_costs = true;
};

struct KvmReport {
    Section section;
    // Empty if they were not asked for; else all of them, measured or with a reason.
    std::vector<Cost> costs;

    // A guest really ran.
    [[nodiscard]] bool usable() const { return section.says_yes("kvm.guest"); }
};

// Starts threads, and ends them before it returns.
[[nodiscard]] KvmReport probe_kvm(const KvmOptions &options);

} // namespace paravane::probe
