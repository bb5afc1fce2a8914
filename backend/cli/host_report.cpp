// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/host_report.hpp"

#include <utility>

#include <fmt/core.h>

#include "hypercall/host/probe/io_uring_probe.hpp"
#include "hypercall/host/probe/memory_probe.hpp"
#include "hypercall/host/probe/network_probe.hpp"
#include "hypercall/host/probe/process_probe.hpp"
#include "hypercall/kvm/probe/kvm_probe.hpp"

namespace paravane::cli {
namespace {

using probe::Answer;
using probe::Finding;
using probe::Section;

const Finding *find_in(const std::vector<Section> &sections, std::string_view id)
{
    for (const Section &section : sections) {
        if (const Finding *finding = section.find(id); finding != nullptr)
            return finding;
    }
    return nullptr;
}

// Yes if all that it needs is there: otherwise the first that is not says why.
Finding vehicle_finding(const std::vector<Section> &sections, const probe::Subject &subject,
                        std::initializer_list<std::string_view> needed, const std::string &detail)
{
    for (const std::string_view id : needed) {
        const Finding *finding = find_in(sections, id);

        if (finding == nullptr)
            return probe::untried(subject, fmt::format("{} was not tried", id));
        if (finding->answer != Answer::yes)
            return probe::no(subject, {finding->what + ": " + finding->why, finding->advice});
    }
    return probe::yes(subject, detail);
}

} // namespace

Section vehicles_of(const std::vector<Section> &sections)
{
    return {"vehicle",
            "Guests",
            {vehicle_finding(sections, {"vehicle.kvm", "under KVM"}, {"kvm.device", "kvm.guest"},
                             "a guest ran just now"),
             vehicle_finding(sections, {"vehicle.process", "as processes"},
                             {"memory.sealing", "process.eventfd", "process.descriptors"},
                             "sealed memory, events and sockets work")}};
}

const Finding *HostReport::find(std::string_view id) const
{
    return find_in(sections, id);
}

bool HostReport::guests_run_under_kvm() const
{
    const Finding *vehicle = find("vehicle.kvm");
    return vehicle != nullptr && vehicle->answer == Answer::yes;
}

HostReport make_host_report(const HostOptions &options)
{
    HostReport report;

    report.quick = options.quick;
    report.sections.resize(1);
    // Those that start processes first, while there is one thread.
    Section processes = probe::probe_processes();
    Section network = probe::probe_network();
    Section memory = probe::probe_memory();
    Section io_uring = probe::probe_io_uring();
    probe::KvmReport kvm =
        probe::probe_kvm({.device = options.kvm_device, .with_costs = !options.quick});
    for (Section *section : {&kvm.section, &io_uring, &memory, &network, &processes})
        report.sections.push_back(std::move(*section));
    report.sections.front() = vehicles_of(report.sections);
    report.costs = std::move(kvm.costs);
    return report;
}

} // namespace paravane::cli
