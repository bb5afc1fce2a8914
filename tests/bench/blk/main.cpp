// SPDX-License-Identifier: Apache-2.0
//
// paravane-blk-bench: our disk beside other ways to one, with the same workload.
#include <algorithm>
#include <exception>
#include <iostream>
#include <thread>

#include <sys/stat.h>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "blk/options.hpp"
#include "blk/peers.hpp"
#include "blk/program.hpp"
#include "blk/rounds.hpp"
#include "blk/targets.hpp"
#include "guest/bare_exits.hpp"
#include "hypercall/kvm/device.hpp"
#include "hypercall/kvm/probe/guest.hpp"
#include "hypercall/kvm/probe/guest_layout.h"
#include "report/json_file.hpp"
#include "report/report.hpp"
#include "ring/cores.hpp"
#include "ring/line.hpp"
#include "ring/series.hpp"

namespace paravane::bench::blk {
namespace {

constexpr uint64_t null_bytes = uint64_t{64} << 30;
constexpr double khz_a_mhz = 1000;
constexpr double ns_a_us = 1000;
constexpr uint64_t ns_a_ms = 1'000'000;

int fail(const std::string &why, int status)
{
    fmt::print(std::cerr, "paravane-blk-bench: {}\n", why);
    return status;
}

// Of bare guests.
Result<ExitCosts> measure_exits()
{
    constexpr uint32_t exits = 20'000;
    const Result<kvm::Device> device = kvm::Device::open();
    if (!device)
        return device.error();
    const Result<std::unique_ptr<BareExits>> leaves = BareExits::start(*device);
    if (!leaves)
        return leaves.error();
    const Result<double> to_user_space = (*leaves)->measure(exits);
    if (!to_user_space)
        return to_user_space.error();
    const Result<std::unique_ptr<probe::Guest>> rings =
        probe::Guest::start(*device, probe::Level::cpl3);
    if (!rings)
        return rings.error();
    if (Result<void> connected = (*rings)->connect(); !connected)
        return connected.error();
    const Result<double> all = (*rings)->run(PROBE_WRITE_MMIO_EVENT, exits);
    if (!all)
        return all.error();
    return ExitCosts{*to_user_space, *all / exits};
}

Result<ExitCosts> exit_costs(int core)
{
    Result<ExitCosts> costs = Problem{"not measured"};

    std::thread([&] {
        const Result<void> pinned = pin_thread(0, core);
        costs = pinned ? measure_exits() : pinned.error();
    }).join();
    return costs;
}

int list()
{
    for (const std::string &name : contender_names())
        fmt::print("{}\n", name);
    return status_measured;
}

int run(const Options &options)
{
    JsonFile file;
    Report report;
    Series series;
    std::string error;
    Setting setting;
    JobChoice choice;

    if (options.list)
        return list();
    if (!options.json.empty()) {
        error = file.open(options.json);
        if (!error.empty())
            return fail(error, status_usage);
    }
    const auto cores = choose_cores(options.cores, error);
    if (!cores)
        return fail(error, options.smoke ? status_skipped : status_failed);
    report.machine = this_machine();
    report.build = this_build();
    const Result<Medium> medium = find_medium(options.file, null_bytes);
    if (!medium)
        return fail(medium.error().text, status_usage);
    setting.medium = *medium;
    setting.cores = *cores;
    setting.tsc_khz = static_cast<uint64_t>(report.machine.tsc_mhz * khz_a_mhz);
    choice.time = options.milliseconds * ns_a_ms;
    choice.warm_up = options.warm_up * ns_a_ms;
    choice.latency = !options.file.empty();
    choice.writes = options.writes;
    choice.depths = options.depths;

    print_machine(std::cout, report.machine, report.build);
    fmt::print("cores     the loop on {}, what serves it on {}{}\n", cores->producer,
               cores->consumer, cores->siblings ? " (threads of one core)" : "");
    std::cout.flush();
    std::vector<std::string> notes;
    if (const std::string doubt = doubt_of(*medium); !doubt.empty())
        notes.push_back(doubt);
    const Contenders contenders = start_contenders(setting, {options.against, options.only}, notes);
    const std::vector<NamedJob> jobs = jobs_of(choice);
    bench::Setting line;
    line.cores = *cores;
    line.ns_per_cycle = ns_a_us / report.machine.tsc_mhz;
    const LineTime line_time = [&]() -> std::optional<double> {
        std::string failure;
        const double took = measure_line(line, failure);
        return failure.empty() ? std::optional(took * line.ns_per_cycle) : std::nullopt;
    };
    if (!contenders.empty()) {
        if (const Result<void> done =
                measure_rounds(contenders, jobs, options.rounds, line_time, series,
                               options.verbose ? &std::cout : nullptr);
            !done)
            return fail(done.error().text, status_failed);
    }
    add_ratios(contenders, jobs, options.against == "host" ? "host io_uring" : "QEMU virtio",
               series);
    if (const Result<ExitCosts> costs = exit_costs(cores->producer); costs) {
        series.add("an exit here", "of a bare guest, to user space", "ns", costs->to_user_space);
        series.add("an exit here", "of a bare guest, to KVM's doorbell", "ns", costs->to_kernel);
        add_estimates(contenders, jobs, *costs, series);
    } else {
        notes.push_back("what an exit costs here is not known: " + costs.error().text);
    }
    report.rows = series.rows();
    report.targets = targets_of(contenders, jobs, series, !options.file.empty());
    print_table(std::cout, report);
    for (const std::string &note : notes)
        fmt::print("\nnote: {}\n", note);
    if (contenders.empty() && options.smoke) {
        fmt::print("SKIP: nothing there to measure\n");
        return status_skipped;
    }
    if (file.is_open()) {
        error = file.write(report);
        if (!error.empty())
            return fail(error, status_failed);
    }
    return contenders.empty() ? status_failed : status_measured;
}

} // namespace
} // namespace paravane::bench::blk

int main(int count, char **words)
{
    using namespace paravane::bench::blk;

    const ParsedOptions parsed = parse_options(count, words);
    if (parsed.status)
        return *parsed.status;
    try {
        return run(parsed.options);
    } catch (const std::exception &error) {
        return fail(error.what(), status_failed);
    }
}
