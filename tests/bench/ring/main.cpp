// SPDX-License-Identifier: Apache-2.0
//
// paravane-ring-bench: how fast the ring is between two processes, beside DPDK's.
#include <iostream>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "report/cycles.hpp"
#include "report/json_file.hpp"
#include "report/report.hpp"
#include "ring/cores.hpp"
#include "ring/dpdk_test.hpp"
#include "ring/huge_pages.hpp"
#include "ring/interrupt.hpp"
#include "ring/options.hpp"
#include "ring/priority.hpp"
#include "ring/rte_ring.hpp"
#include "ring/suite.hpp"

namespace paravane::bench {
namespace {

// Our rings need one each, dpdk-test 32 and what its environment takes.
constexpr uint64_t huge_pages_needed = 48;

int fail(const std::string &why, int status)
{
    fmt::print(std::cerr, "paravane-ring-bench: {}\n", why);
    return status;
}

struct Peer {
    std::string program; // dpdk-test, or empty
    std::string line;    // what is said of it
};

Peer choose_peer(const Options &options)
{
    if (options.smoke || options.against == Against::none)
        return {"", "none asked for"};
    const std::string program = find_dpdk_test();
    if (program.empty())
        return {"", "dpdk-test is not installed (apt-get install dpdk-dev): the targets are not "
                    "measured"};
    return {program, program + ", ring_perf_autotest, in turn with our rounds"};
}

void print_head(const Report &report, const Setting &setting, const Options &options,
                const Peer &peer, const std::string &pages_note)
{
    std::ostream &out = std::cout;

    print_machine(out, report.machine, report.build);
    fmt::print(out, "cores     producer on {}, consumer on {}{}; priority {}\n",
               setting.cores.producer, setting.cores.consumer,
               setting.cores.siblings ? " (threads of one core)" : "",
               setting.realtime ? "real-time" : "normal: other programs get their share");
    fmt::print(out, "memory    {} pages{}\n",
               setting.pages == SharedMemory::Pages::huge ? "2 MiB" : "4 KiB", pages_note);
    fmt::print(out,
               "ring      {} slots, every index and id checked (there is no other mode), {} "
               "bursts a repetition\n",
               setting.slots, setting.bursts);
    fmt::print(out, "peer      {}{}\n", peer.line,
               have_rte_ring() ? "; rte_ring also compiled into this program"
                               : "; built without DPDK's headers");
    fmt::print(out,
               "patience  {}: so many pauses between two looks at an empty or full ring. dpdk-test "
               "takes 1;\n          our rows say which. rte_ring's rows here are always with 1.\n",
               options.patience);
    out.flush();
}

// What is needed of 2 MiB pages, or why they are not used; an error only where they were insisted on.
std::string choose_pages(const Options &options, HugePages &reserve, Setting &setting,
                         std::string &note)
{
    if (options.smoke || options.pages == PagesWanted::normal)
        return {};
    std::string why = reserve.reserve(huge_pages_needed);
    if (why.empty())
        setting.pages = SharedMemory::Pages::huge;
    else if (options.pages == PagesWanted::huge)
        return why;
    else
        note = " (" + why + ")";
    return {};
}

int run(const Options &options)
{
    JsonFile file;
    HugePages reserve;
    Setting setting;
    Report report;
    std::string error, pages_note;

    if (!options.json.empty()) {
        error = file.open(options.json);
        if (!error.empty())
            return fail(error, status_usage);
    }
    const auto cores = choose_cores(options.cores, error);
    if (!cores && options.smoke) {
        fmt::print("SKIP: {}\n", error);
        return status_skipped;
    }
    if (!cores)
        return fail(error, options.cores ? status_usage : status_failed);
    if (!have_cycles)
        return fail("this processor's cycle counter is not known", status_failed);

    report.machine = this_machine();
    report.build = this_build();
    setting.cores = *cores;
    setting.slots = options.slots;
    setting.ns_per_cycle = 1000 / report.machine.tsc_mhz;
    if (options.smoke) {
        setting.bursts = 256;
        setting.repetitions = 1;
    }
    const Peer peer = choose_peer(options);
    if (peer.program.empty() && options.against == Against::dpdk && !options.smoke)
        return fail(peer.line, status_failed);
    catch_interrupts();
    error = choose_pages(options, reserve, setting, pages_note);
    if (!error.empty())
        return fail(error, status_failed);
    if (!options.smoke && options.priority != PriorityWanted::normal)
        setting.realtime = may_run_realtime();
    if (!options.smoke && options.priority == PriorityWanted::realtime && !setting.realtime)
        return fail("real-time priority is not allowed here (root may)", status_failed);
    print_head(report, setting, options, peer, pages_note);

    Outcome outcome = run_suite(setting, options, peer.program);
    if (interrupted())
        return fail("interrupted", 128 + 2);
    if (!outcome.error.empty())
        return fail(outcome.error, status_failed);
    report.rows = std::move(outcome.rows);
    report.targets = std::move(outcome.targets);
    print_table(std::cout, report);
    for (const std::string &note : outcome.notes)
        fmt::print("\nnote: {}\n", note);
    if (file.is_open()) {
        error = file.write(report);
        if (!error.empty())
            return fail(error, status_failed);
    }
    return options.strict && report.any_missed() ? status_failed : status_measured;
}

} // namespace
} // namespace paravane::bench

int main(int count, char **words)
{
    using namespace paravane::bench;

    Parsed parsed = parse_options(count, words);
    if (parsed.status)
        return *parsed.status;
    if (parsed.options.smoke)
        parsed.options.rounds = 1;
    return run(parsed.options);
}
