// SPDX-License-Identifier: Apache-2.0
//
// paravane-guest-bench: what the way between a guest and its host costs, beside what is under it.
#include <exception>
#include <iostream>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "guest/options.hpp"
#include "guest/suite.hpp"
#include "report/json_file.hpp"
#include "report/report.hpp"
#include "ring/cores.hpp"

namespace paravane::bench {
namespace {

int fail(const std::string &why, int status)
{
    fmt::print(std::cerr, "paravane-guest-bench: {}\n", why);
    return status;
}

int skip(const std::string &why)
{
    fmt::print("SKIP: {}\n", why);
    return guest_status_skipped;
}

int run(const GuestOptions &options)
{
    JsonFile file;
    Report report;
    std::vector<std::string> notes;
    std::string error, why_no_kvm;

    if (!options.json.empty()) {
        error = file.open(options.json);
        if (!error.empty())
            return fail(error, guest_status_usage);
    }
    const auto cores = choose_cores(std::nullopt, error);
    if (!cores)
        return options.smoke ? skip(error) : fail(error, guest_status_failed);
    report.machine = this_machine();
    report.build = this_build();
    print_machine(std::cout, report.machine, report.build);
    fmt::print("cores     vCPUs (bare ones and ours) on {}, the host's other threads on {}{};\n"
               "          whole programs (timers, booting) on any\n",
               cores->producer, cores->consumer, cores->siblings ? " (threads of one core)" : "");
    std::cout.flush();
    error = run_guest_suite(options, *cores, report, notes, why_no_kvm);
    if (!error.empty())
        return fail(error, guest_status_failed);
    if (!why_no_kvm.empty() && options.smoke)
        return skip(why_no_kvm);
    if (!why_no_kvm.empty())
        notes.insert(notes.begin(), "no figures of guests under KVM: " + why_no_kvm);
    print_table(std::cout, report);
    for (const std::string &note : notes)
        fmt::print("\nnote: {}\n", note);
    if (file.is_open()) {
        error = file.write(report);
        if (!error.empty())
            return fail(error, guest_status_failed);
    }
    return options.strict && report.any_missed() ? guest_status_failed : guest_status_measured;
}

} // namespace
} // namespace paravane::bench

int main(int count, char **words)
{
    using namespace paravane::bench;

    const ParsedGuestOptions parsed = parse_guest_options(count, words);
    if (parsed.status)
        return *parsed.status;
    try {
        return run(parsed.options);
    } catch (const std::exception &error) {
        return fail(error.what(), guest_status_failed);
    }
}
