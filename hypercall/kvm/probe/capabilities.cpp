// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/probe/capabilities.hpp"

#include <array>

#include <fmt/core.h>
#include <linux/kvm.h>

namespace paravane::probe {
namespace {

struct Capability {
    const char *id;
    const char *what;
    int number;
    // How a value that is not 0 reads.
    enum class Kind { flag, limit, registers } kind;
    const char *counts;
    const char *needed_for;
    const char *advice;
};

using Kind = Capability::Kind;

constexpr const char *newer = "a newer kernel";
constexpr const char *in_kernel = "a KVM with interrupt controllers in the kernel";

constexpr std::array<Capability, 9> table = {{
    {"kvm.ioeventfd", "IOEVENTFD", KVM_CAP_IOEVENTFD, Kind::flag, "",
     "doorbells without an exit to user space", newer},
    {"kvm.irqfd", "IRQFD", KVM_CAP_IRQFD, Kind::flag, "", "direct events", newer},
    {"kvm.irqchip", "IRQCHIP", KVM_CAP_IRQCHIP, Kind::flag, "", "interrupts", in_kernel},
    {"kvm.split_irqchip", "SPLIT_IRQCHIP", KVM_CAP_SPLIT_IRQCHIP, Kind::flag, "",
     "interrupt controllers of the vCPUs alone", in_kernel},
    {"kvm.sync_regs", "SYNC_REGS", KVM_CAP_SYNC_REGS, Kind::registers, "",
     "registers without a system call", "Linux 4.17 or later"},
    {"kvm.immediate_exit", "IMMEDIATE_EXIT", KVM_CAP_IMMEDIATE_EXIT, Kind::flag, "",
     "completing a guest's port access", "Linux 4.11 or later"},
    {"kvm.readonly_mem", "READONLY_MEM", KVM_CAP_READONLY_MEM, Kind::flag, "",
     "memory that a guest may only read", newer},
    {"kvm.memory_slots", "memory slots", KVM_CAP_NR_MEMSLOTS, Kind::limit, "slots", "guest memory",
     newer},
    {"kvm.vcpus", "vCPUs of a guest, at most", KVM_CAP_MAX_VCPUS, Kind::limit, "vCPUs",
     "more than one vCPU", newer},
}};

Finding finding_of(const Capability &capability, uint64_t value)
{
    const Subject subject = {capability.id, capability.what};

    if (value == 0)
        return no(subject,
                  {fmt::format("this KVM does not have it; it is for {}", capability.needed_for),
                   capability.advice});
    switch (capability.kind) {
    case Kind::limit:
        return yes(subject, fmt::format("{}", value)).with_value(value, capability.counts);
    case Kind::registers:
        if ((value & KVM_SYNC_X86_REGS) == 0)
            return partly(subject, fmt::format("register sets 0x{:x}", value),
                          {"the general registers are not among them", capability.advice});
        return yes(subject, fmt::format("register sets 0x{:x}", value));
    case Kind::flag:
        break;
    }
    return yes(subject, "");
}

} // namespace

std::vector<Finding> probe_capabilities(const kvm::Device *device, const std::string &why_no_device)
{
    std::vector<Finding> findings;

    for (const Capability &capability : table) {
        if (device == nullptr) {
            findings.push_back(untried({capability.id, capability.what}, why_no_device));
        } else {
            const int value = device->capability(capability.number);
            findings.push_back(finding_of(capability, static_cast<uint64_t>(value)));
        }
    }
    return findings;
}

} // namespace paravane::probe
