// SPDX-License-Identifier: Apache-2.0
#include "store/options.hpp"

#include <CLI/CLI.hpp>

#include "report/machine.hpp"

namespace paravane::bench {
namespace {

constexpr const char *description =
    R"(Measures what an operation of the store costs as the store grows: from 100 to 100,000 nodes, and
from 1 to 1,000 domains that all watch.)";

constexpr const char *footer =
    R"(Figures are medians over the rounds, of one thread that calls the store itself, and in the rows
of sessions through the protocol's bytes. "100 in use" takes the nodes in turn from 100 spread over the
store, "any" from 20,000: the difference is the processor's caches, not the store's work.

exit status: 0 measured, 1 not measured (or a target missed, with --strict), 2 wrong usage)";

} // namespace

ParsedStoreOptions parse_store_options(int count, char **words)
{
    CLI::App app(description, "paravane-store-bench");
    ParsedStoreOptions parsed;
    StoreOptions &options = parsed.options;

    app.footer(footer);
    app.failure_message([](const CLI::App *program, const CLI::Error &error) {
        return program->get_name() + ": " + error.what() + " (--help tells more)\n";
    });
    app.set_version_flag("--version", "paravane-store-bench " + this_build().version);
    app.add_option("--json", options.json, "Also write the report to FILE")->type_name("FILE");
    app.add_option("--rounds", options.rounds, "How often each measurement is taken")
        ->type_name("N")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    app.add_flag("--strict", options.strict, "End with status 1 when a target is missed");
    app.add_flag("--smoke", options.smoke, "Only try every measurement, in a second or two");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError &error) {
        parsed.status = app.exit(error) == 0 ? store_status_measured : store_status_usage;
    }
    if (options.smoke)
        options.rounds = 1;
    return parsed;
}

} // namespace paravane::bench
