// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/probe/costs.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include <fmt/core.h>

#include "hypercall/kvm/probe/guest_layout.h"
#include "hypercall/kvm/probe/interrupts.hpp"

namespace paravane::probe {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t rounds = 9;
constexpr std::chrono::milliseconds interrupt_patience(300);
// Nanoseconds that a round should take: longer ones meet more of the host's other work.
constexpr double round_time = 6e6;
constexpr uint32_t trial_count = 20;
constexpr uint32_t most_in_a_round = 20000;
// An interrupt takes tens of microseconds, and a sleeping vCPU is first left to fall asleep.
constexpr uint32_t spinning_samples = 60;
constexpr uint32_t sleeping_samples = 15;

struct Kind {
    const char *id;
    const char *what;
    uint32_t command;
    bool rings;
};

constexpr std::array<Kind, 4> writes = {{
    {"cost.port_user", "port write to user space", PROBE_WRITE_PORT_USER, false},
    {"cost.port_ioeventfd", "port write to an ioeventfd", PROBE_WRITE_PORT_EVENT, true},
    {"cost.mmio_user", "MMIO write to user space", PROBE_WRITE_MMIO_USER, false},
    {"cost.mmio_ioeventfd", "MMIO write to an ioeventfd", PROBE_WRITE_MMIO_EVENT, true},
}};

struct InterruptKind {
    const char *id;
    const char *what;
    uint32_t command;
    uint32_t samples;
};

constexpr std::array<InterruptKind, 2> interrupts = {{
    {"cost.irqfd_to_handler", "irqfd to handler, running", PROBE_SPIN, spinning_samples},
    {"cost.halt_and_wake", "irqfd to handler, halted", PROBE_HALT, sleeping_samples},
}};

// Of all rounds: nanoseconds for one of `count`, less what an empty command takes.
Result<Spread> measure(Guest &guest, uint32_t command, uint32_t count, uint32_t times)
{
    std::vector<double> each, empty;

    each.reserve(times);
    empty.reserve(times);
    for (uint32_t round = 0; round < times; round++) {
        const Result<double> nothing = guest.run(PROBE_NOTHING, 0);
        if (!nothing)
            return nothing.error();
        const Result<double> all = guest.run(command, count);
        if (!all)
            return all.error();
        empty.push_back(*nothing);
        each.push_back(*all);
    }
    // The least: on a busy host the median may be more than a whole round took.
    const double overhead = spread_of(empty).value_or(Spread()).least;
    for (double &value : each)
        value = std::max(value - overhead, 0.0) / count;
    const std::optional<Spread> spread = spread_of(each);
    if (!spread)
        return Problem{"no round was measured"};
    return *spread;
}

Result<Spread> measure_write(Guest &guest, const Kind &kind)
{
    const Result<double> trial = guest.run(kind.command, trial_count);
    if (!trial)
        return trial.error();
    const double fitting = round_time / (*trial / trial_count);
    const auto count =
        static_cast<uint32_t>(std::clamp<double>(fitting, trial_count, most_in_a_round));

    (void)guest.take_rings();
    Result<Spread> spread = measure(guest, kind.command, count, rounds);
    const uint64_t rung = guest.take_rings(), expected = kind.rings ? uint64_t{count} * rounds : 0;
    if (spread && rung != expected)
        return Problem{fmt::format("of {} writes {} rang the eventfd", expected, rung)};
    return spread;
}

Result<Spread> measure_interrupt(Guest &guest, const InterruptKind &kind)
{
    std::vector<double> medians;
    const Clock::time_point end = Clock::now() + interrupt_patience;
    // On a busy host a few rounds must do.
    for (uint32_t round = 0; round < rounds && (round == 0 || Clock::now() < end); round++) {
        const Result<std::vector<double>> samples =
            sample_interrupts(guest, kind.command, kind.samples);
        if (!samples)
            return samples.error();
        medians.push_back(spread_of(*samples).value_or(Spread()).median);
    }
    const std::optional<Spread> spread = spread_of(medians);
    if (!spread)
        return Problem{"no round was measured"};
    return *spread;
}

Cost cost_of(const char *id, const char *what, const Result<Spread> &measured)
{
    if (!measured)
        return {id, what, std::nullopt, measured.error().text};
    return {id, what, *measured, {}};
}

} // namespace

std::vector<Cost> measure_costs(Guest *guest, const std::string &why_no_guest)
{
    std::vector<Cost> costs;

    costs.reserve(writes.size() + interrupts.size());
    for (const Kind &kind : writes)
        costs.push_back(cost_of(kind.id, kind.what,
                                guest == nullptr ? Result<Spread>(Problem{why_no_guest})
                                                 : measure_write(*guest, kind)));
    for (const InterruptKind &kind : interrupts)
        costs.push_back(cost_of(kind.id, kind.what,
                                guest == nullptr ? Result<Spread>(Problem{why_no_guest})
                                                 : measure_interrupt(*guest, kind)));
    return costs;
}

Result<Spread> measure_loop(Guest &guest, uint32_t iterations)
{
    return measure(guest, PROBE_LOOP, iterations, 3);
}

} // namespace paravane::probe
