// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/probe/kvm_probe.hpp"

#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "hypercall/kvm/probe/capabilities.hpp"
#include "hypercall/kvm/probe/costs.hpp"
#include "hypercall/kvm/probe/device_probe.hpp"
#include "hypercall/kvm/probe/guest.hpp"
#include "hypercall/kvm/probe/guest_layout.h"
#include "hypercall/kvm/probe/interrupts.hpp"

namespace paravane::probe {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t loop_iterations_cpl3 = 500000;
constexpr uint32_t loop_iterations_cpl0 = 500;
// Instructions of an iteration.
constexpr double loop_instructions = 2;
// Emulation costs a thousandfold, native code nothing.
constexpr double emulated_from = 10;
constexpr uint32_t tried_interrupts = 3;

Subject guest_subject()
{
    return {"kvm.guest", "guest at CPL 3"};
}

Subject doorbell_subject()
{
    return {"kvm.doorbell", "doorbell"};
}

Subject interrupt_subject()
{
    return {"kvm.interrupt", "interrupt at CPL 3"};
}

Subject cpl0_subject()
{
    return {"kvm.cpl0", "CPL 0 at full speed"};
}

Finding guest_finding(const Guest &guest, double milliseconds)
{
    const uint32_t selector = guest.code_selector();

    if ((selector & 3) != 3)
        return no(
            guest_subject(),
            {fmt::format("a guest ran, but at CPL {} (cs 0x{:x})", selector & 3, selector), {}});
    return yes(guest_subject(),
               fmt::format("made and run to its first answer in {:.1f} ms (cs 0x{:x})",
                           milliseconds, selector));
}

Finding doorbell_finding(Guest &guest)
{
    constexpr uint32_t count = 5, port = PROBE_WRITE_PORT_EVENT, memory = PROBE_WRITE_MMIO_EVENT;

    for (const uint32_t command : {port, memory}) {
        if (const Result<double> done = guest.run(command, count); !done)
            return no(doorbell_subject(), {done.error().text, {}});
        if (const uint64_t rung = guest.take_rings(); rung != count)
            return no(doorbell_subject(), {fmt::format("{} of {} writes to {} rang", rung, count,
                                                       command == port ? "a port" : "memory"),
                                           {}});
    }
    return yes(doorbell_subject(), "writes to a port and to memory rang an eventfd, each one");
}

Finding interrupt_finding(Guest &guest)
{
    const Result<void> running = try_interrupts(guest, PROBE_SPIN, tried_interrupts);
    if (!running)
        return no(interrupt_subject(), {"running: " + running.error().text, {}});
    const Result<void> halted = try_interrupts(guest, PROBE_HALT, tried_interrupts);
    if (!halted)
        return no(interrupt_subject(), {"halted: " + halted.error().text, {}});
    return yes(interrupt_subject(),
               "an irqfd's interrupts came to a running and to a halted guest");
}

Finding cpl0_finding(const kvm::Device &device, Guest &at_cpl3)
{
    const Result<std::unique_ptr<Guest>> at_cpl0 = Guest::start(device, Level::cpl0);
    const char *const advice =
        "nothing to do for guests at CPL 3, which ours are; run Linux as a process";
    if (!at_cpl0)
        return no(cpl0_subject(), {at_cpl0.error().text, advice});
    const Result<Spread> slow = measure_loop(*at_cpl0.value(), loop_iterations_cpl0);
    if (!slow)
        return no(cpl0_subject(), {slow.error().text, advice});
    const Result<Spread> fast = measure_loop(at_cpl3, loop_iterations_cpl3);
    if (!fast)
        return untried(cpl0_subject(), "nothing to compare with: " + fast.error().text);

    const double at_0 = slow.value().median / loop_instructions;
    const double at_3 = fast.value().median / loop_instructions;
    const std::string seen =
        fmt::format("an instruction takes {:.2f} ns at CPL 0, {:.2f} ns at CPL 3", at_0, at_3);
    if (at_0 < at_3 * emulated_from)
        return yes(cpl0_subject(), seen);
    return no(cpl0_subject(), {seen + ": it seems emulated", advice});
}

void add_all_as_untried(std::vector<Finding> &findings, const std::string &why)
{
    for (const Subject &subject : {doorbell_subject(), interrupt_subject(), cpl0_subject()})
        findings.push_back(untried(subject, why));
}

void add_costs(KvmReport &report, const KvmOptions &options, Guest *guest, const std::string &why)
{
    if (options.with_costs)
        report.costs = measure_costs(guest, why);
}

// With a guest that runs.
void probe_with(Guest &guest, const kvm::Device &device, const KvmOptions &options,
                KvmReport &report)
{
    std::vector<Finding> &findings = report.section.findings;
    const Result<void> connected = guest.connect();

    if (connected) {
        findings.push_back(doorbell_finding(guest));
        findings.push_back(interrupt_finding(guest));
    } else {
        findings.push_back(no(doorbell_subject(), {connected.error().text, {}}));
        findings.push_back(no(interrupt_subject(), {connected.error().text, {}}));
    }
    findings.push_back(cpl0_finding(device, guest));
    add_costs(report, options, connected ? &guest : nullptr,
              connected ? std::string() : connected.error().text);
}

void probe_guest(const kvm::Device &device, const KvmOptions &options, KvmReport &report)
{
    std::vector<Finding> &findings = report.section.findings;
    const Clock::time_point start = Clock::now();
    const Result<std::unique_ptr<Guest>> guest = Guest::start(device, Level::cpl3);
    const std::chrono::duration<double, std::milli> taken = Clock::now() - start;

    if (!guest) {
        const std::string why = "no guest ran";
        findings.push_back(
            no(guest_subject(),
               {guest.error().text, "see the capabilities below; guests can run as processes"}));
        add_all_as_untried(findings, why);
        add_costs(report, options, nullptr, why);
        return;
    }
    findings.push_back(guest_finding(*guest.value(), taken.count()));
    probe_with(*guest.value(), device, options, report);
}

} // namespace

KvmReport probe_kvm(const KvmOptions &options)
{
    KvmReport report = {{"kvm", "KVM", {}}, {}};
    std::vector<Finding> &findings = report.section.findings;

    findings.push_back(probe_kvm_device(options.device));
    const Result<kvm::Device> device = findings.back().answer == Answer::yes
                                           ? kvm::Device::open(options.device)
                                           : Result<kvm::Device>(Problem{findings.back().why});
    if (device) {
        probe_guest(*device, options, report);
    } else {
        const std::string why = "there is no KVM to try it with";
        findings.push_back(untried(guest_subject(), why));
        add_all_as_untried(findings, why);
        add_costs(report, options, nullptr, why);
    }
    std::vector<Finding> capabilities = probe_capabilities(
        device ? &*device : nullptr, device ? std::string() : "there is no KVM to ask");
    findings.insert(findings.end(), std::make_move_iterator(capabilities.begin()),
                    std::make_move_iterator(capabilities.end()));
    return report;
}

} // namespace paravane::probe
