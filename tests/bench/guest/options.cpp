// SPDX-License-Identifier: Apache-2.0
#include "guest/options.hpp"

#include <CLI/CLI.hpp>

#include "report/machine.hpp"

namespace paravane::bench {
namespace {

constexpr const char *description =
    R"(Measures what a guest's way to its host and back costs: hypercalls, doorbells, direct events,
upcalls, timers, booting and memory, each beside the bare mechanism under it, in turn with it.)";

constexpr const char *footer =
    R"(Figures are medians over the rounds. Without KVM only guests that are processes are measured.

exit status: 0 measured, 1 not measured (or a target missed, with --strict), 2 wrong usage, 77 no KVM
(with --smoke))";

} // namespace

ParsedGuestOptions parse_guest_options(int count, char **words)
{
    CLI::App app(description, "paravane-guest-bench");
    ParsedGuestOptions parsed;
    GuestOptions &options = parsed.options;

    app.footer(footer);
    app.failure_message([](const CLI::App *program, const CLI::Error &error) {
        return program->get_name() + ": " + error.what() + " (--help tells more)\n";
    });
    app.set_version_flag("--version", "paravane-guest-bench " + this_build().version);
    app.add_option("--json", options.json, "Also write the report to FILE")->type_name("FILE");
    app.add_option("--rounds", options.rounds, "How often each measurement is taken")
        ->type_name("N")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    app.add_option("--boots", options.boots, "How many guests of each vehicle are booted")
        ->type_name("N")
        ->check(CLI::Range(1U, 100000U))
        ->capture_default_str();
    app.add_flag("--quick", options.quick, "3 rounds and 20 boots, for a first look");
    app.add_flag("--strict", options.strict, "End with status 1 when a target is missed");
    app.add_flag("--smoke", options.smoke, "Only try every measurement, in a second or two");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError &error) {
        parsed.status = app.exit(error) == 0 ? guest_status_measured : guest_status_usage;
    }
    if (options.quick) {
        options.rounds = 3;
        options.boots = 20;
    }
    if (options.smoke) {
        options.rounds = 1;
        options.boots = 1;
    }
    return parsed;
}

} // namespace paravane::bench
