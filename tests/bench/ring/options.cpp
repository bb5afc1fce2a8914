// SPDX-License-Identifier: Apache-2.0
#include "ring/options.hpp"

#include <charconv>
#include <map>
#include <string_view>

#include <CLI/CLI.hpp>

#include "report/machine.hpp"

extern "C" {
#include <paravane/ring.h>
}

namespace paravane::bench {
namespace {

constexpr const char *description =
    R"(Measures the shared-memory ring between two processes on two processors.

The ring checks every index and every id that it reads; there is no mode without. Beside it, where
the package dpdk-dev is installed, runs DPDK's rte_ring, which trusts its peer: dpdk-test's
ring_perf_autotest, in turn with our rounds, and the same ring compiled into this program.)";

constexpr const char *footer =
    R"(Figures are medians over the rounds. Cycles are ticks of the processor's constant-rate counter.
Where DPDK is compared, both count the producer's cycles plus the consumer's, per element.

exit status: 0 measured, 1 not measured (or a target missed, with --strict), 2 wrong usage)";

std::optional<std::pair<int, int>> two_numbers(std::string_view text)
{
    const size_t comma = text.find(',');
    std::pair<int, int> numbers;

    if (comma == std::string_view::npos)
        return std::nullopt;
    const auto read = [](std::string_view word, int &into) {
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into);
        return error == std::errc() && end == word.data() + word.size();
    };
    if (!read(text.substr(0, comma), numbers.first) ||
        !read(text.substr(comma + 1), numbers.second))
        return std::nullopt;
    return numbers;
}

std::string check_slots(const std::string &text)
{
    uint32_t slots = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slots);

    if (error != std::errc() || end != text.data() + text.size() ||
        pv_ring_geometry_check({slots, PV_SLOT_SIZE_MIN}) != PV_RULE_KEPT || slots < 64)
        return "SLOTS must be a power of two from 64 to 32768";
    return {};
}

std::string check_cores(const std::string &text)
{
    return two_numbers(text) ? "" : "CORES must be two numbers, as in 0,1";
}

// Words for values of an enumeration, and one line for any other word.
template <typename Value>
void add_choice(CLI::App &app, const char *option, Value &into, const char *type, const char *what,
                const std::map<std::string, Value> &choices, const char *wanted)
{
    app.add_option_function<std::string>(
           option, [&into, choices](const std::string &word) { into = choices.at(word); }, what)
        ->type_name(type)
        ->check(CLI::Validator(
            [choices, wanted](const std::string &word) {
                return choices.contains(word) ? std::string() : std::string(wanted);
            },
            ""));
}

} // namespace

Parsed parse_options(int count, char **words)
{
    CLI::App app(description, "paravane-ring-bench");
    std::string cores;
    Parsed parsed;
    Options &options = parsed.options;

    app.footer(footer);
    app.failure_message([](const CLI::App *program, const CLI::Error &error) {
        return program->get_name() + ": " + error.what() + " (--help tells more)\n";
    });
    app.set_version_flag("--version", "paravane-ring-bench " + this_build().version);
    app.add_option("--json", options.json, "Also write the report to FILE")->type_name("FILE");
    app.add_option("--rounds", options.rounds, "How often each measurement is taken")
        ->type_name("N")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    app.add_option("--slots", options.slots, "Slots of the ring; dpdk-test's has 4096")
        ->type_name("SLOTS")
        ->check(CLI::Validator(check_slots, ""))
        ->capture_default_str();
    app.add_option("--patience", options.patience,
                   "Pauses of the processor between two looks at an empty ring; dpdk-test takes 1")
        ->type_name("N")
        ->check(CLI::Range(1U, 10000U))
        ->capture_default_str();
    app.add_option("--cores", cores, "Processors of the producer and the consumer")
        ->type_name("CORES")
        ->check(CLI::Validator(check_cores, ""));
    add_choice(app, "--pages", options.pages, "PAGES",
               "Pages of the shared memory, for both peers: normal, huge (2 MiB, reserved for "
               "the run where root) or auto (default: huge where they can be had)",
               {{"normal", PagesWanted::normal},
                {"huge", PagesWanted::huge},
                {"auto", PagesWanted::automatic}},
               "PAGES must be normal, huge or auto");
    add_choice(app, "--priority", options.priority, "PRIORITY",
               "normal, realtime (other programs wait; needs root) or auto (default: realtime "
               "where allowed), for both peers",
               {{"normal", PriorityWanted::normal},
                {"realtime", PriorityWanted::realtime},
                {"auto", PriorityWanted::automatic}},
               "PRIORITY must be normal, realtime or auto");
    add_choice(app, "--against", options.against, "PEER",
               "none, dpdk (fail without it) or auto (default: where installed)",
               {{"none", Against::none}, {"dpdk", Against::dpdk}, {"auto", Against::automatic}},
               "PEER must be none, dpdk or auto");
    app.add_flag("--strict", options.strict, "End with status 1 when a target is missed");
    app.add_flag("--smoke", options.smoke, "Only try every measurement, in a second or two");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError &error) {
        parsed.status = app.exit(error) == 0 ? status_measured : status_usage;
        return parsed;
    }
    if (!cores.empty())
        options.cores = two_numbers(cores);
    return parsed;
}

} // namespace paravane::bench
