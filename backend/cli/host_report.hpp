// SPDX-License-Identifier: Apache-2.0
//
// Everything that `paravane host` found, before it is words or JSON.
#pragma once

#include <string>
#include <vector>

#include "hypercall/host/probe/cost.hpp"
#include "hypercall/host/probe/finding.hpp"

namespace paravane::cli {

struct HostOptions {
    std::string kvm_device = "/dev/kvm";
    bool quick = false;
};

struct HostReport {
    bool quick = false;
    // The first says what follows from all the others: which vehicles can carry guests.
    std::vector<probe::Section> sections;
    // Empty if quick.
    std::vector<probe::Cost> costs;

    [[nodiscard]] const probe::Finding *find(std::string_view id) const;
    [[nodiscard]] bool guests_run_under_kvm() const;
};

// Tries everything now. Starts processes and threads; none is left.
[[nodiscard]] HostReport make_host_report(const HostOptions &options);

// Which vehicles can carry guests, from the findings of the other sections.
[[nodiscard]] probe::Section vehicles_of(const std::vector<probe::Section> &sections);

} // namespace paravane::cli
