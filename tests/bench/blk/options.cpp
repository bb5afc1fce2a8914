// SPDX-License-Identifier: Apache-2.0
#include "blk/options.hpp"

#include <CLI/CLI.hpp>

#include "report/machine.hpp"

namespace paravane::bench::blk {
namespace {

constexpr const char *description =
    R"(Measures our disk beside other ways to one, with one and the same workload: QEMU's disks, driven by a
guest of ours that polls, and raw io_uring on the host. Each is held to the same two processors, and they
take turns.)";

constexpr const char *footer =
    R"(Without --file the disks have no medium and answer at once, which shows what the way to them costs.

exit status: 0 measured, 1 not measured, 2 wrong usage, 77 nothing there to measure (with --smoke))";

} // namespace

ParsedOptions parse_options(int count, char **words)
{
    CLI::App app(description, "paravane-blk-bench");
    std::vector<int> cores;
    ParsedOptions parsed;
    Options &options = parsed.options;

    app.footer(footer);
    app.failure_message([](const CLI::App *program, const CLI::Error &error) {
        return program->get_name() + ": " + error.what() + " (--help tells more)\n";
    });
    app.set_version_flag("--version", "paravane-blk-bench " + this_build().version);
    app.add_option("--file", options.file,
                   "A file or block device, read and written past the cache")
        ->type_name("PATH");
    app.add_option("--json", options.json, "Also write the report to FILE")->type_name("FILE");
    app.add_option("--only", options.only, "Contenders whose name has TEXT in it; may be repeated")
        ->type_name("TEXT");
    app.add_option("--depth", options.depths, "4 KiB random reads at depth N too; may be repeated")
        ->type_name("N")
        ->check(CLI::Range(1U, 1024U));
    app.add_option("--against", options.against,
                   "Which peers: qemu, host (io_uring without a guest), or all")
        ->check(CLI::IsMember({"qemu", "host", "all"}))
        ->capture_default_str();
    app.add_option("--rounds", options.rounds, "How often each measurement is taken")
        ->type_name("N")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    app.add_option("--time", options.milliseconds, "How long a measurement takes")
        ->type_name("MS")
        ->check(CLI::Range(1U, 600'000U))
        ->capture_default_str();
    app.add_option("--warm-up", options.warm_up, "How long each runs before it is measured")
        ->type_name("MS")
        ->check(CLI::Range(1U, 600'000U))
        ->capture_default_str();
    app.add_option("--cores", cores, "Processors of the loop, and of what serves it")
        ->type_name("A,B")
        ->delimiter(',')
        ->expected(2);
    app.add_flag("--writes", options.writes, "Write too, which destroys what is in the file");
    app.add_flag("--verbose", options.verbose, "Tell each measurement when it is made");
    app.add_flag("--list", options.list, "Only name the contenders");
    app.add_flag("--smoke", options.smoke, "Only try every measurement, in some seconds");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError &error) {
        parsed.status = app.exit(error) == 0 ? status_measured : status_usage;
    }
    if (cores.size() == 2)
        options.cores = std::pair(cores[0], cores[1]);
    if (options.smoke) {
        options.rounds = 1;
        options.milliseconds = 20;
        options.warm_up = 5;
    }
    return parsed;
}

} // namespace paravane::bench::blk
