// SPDX-License-Identifier: Apache-2.0
#include "ring/suite.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include <unistd.h>

#include <fmt/format.h>

#include "ring/compare.hpp"
#include "ring/dpdk_test.hpp"
#include "ring/line.hpp"
#include "ring/names.hpp"
#include "ring/round.hpp"
#include "ring/series.hpp"

namespace paravane::bench {
namespace {

// Seen by people only: a log has no use for it.
void progress(std::string_view phase, uint32_t round, uint32_t rounds)
{
    if (isatty(STDERR_FILENO) == 0)
        return;
    if (round > rounds)
        fmt::print(stderr, "\r{:60}\r", "");
    else
        fmt::print(stderr, "\r{:60}\r{}: round {} of {}", "", phase, round, rounds);
    std::fflush(stderr);
}

// Ours, theirs, ours, theirs, ours: each of theirs lies between two of ours.
bool compared_rounds(const Setting &setting, const Options &options, const std::string &dpdk_test,
                     Series &series, std::vector<Bracket> &brackets, std::string &error)
{
    Compared last;

    if (!compared_round(setting, options.patience, false, series, last, error))
        return false;
    for (uint32_t i = 1; i <= options.rounds; i++) {
        Bracket bracket;
        bracket.before = last;
        progress(dpdk_test.empty() ? "comparison" : "comparison with dpdk-test", i, options.rounds);
        if (!dpdk_test.empty()) {
            bracket.dpdk = run_dpdk_test(dpdk_test, setting, error);
            if (!error.empty())
                return false;
        }
        if (!compared_round(setting, options.patience, i % 2 == 1, series, last, error))
            return false;
        bracket.after = last;
        if (!dpdk_test.empty())
            brackets.push_back(bracket);
    }
    progress("", 1, 0);
    return true;
}

std::vector<double> all_lines(const Series &series)
{
    std::vector<double> lines = series.values(names::line, names::line_before);
    const std::vector<double> after = series.values(names::line, names::line_after);

    lines.insert(lines.end(), after.begin(), after.end());
    return lines;
}

} // namespace

Outcome run_suite(const Setting &setting, const Options &options, const std::string &dpdk_test)
{
    Outcome outcome;
    Series series;
    std::vector<Bracket> brackets;

    declare_rows(options.patience, series);
    if (!compared_rounds(setting, options, dpdk_test, series, brackets, outcome.error))
        return outcome;
    for (uint32_t i = 1; i <= options.rounds; i++) {
        progress("all measurements", i, options.rounds);
        if (!full_round(setting, options.patience, i % 2 == 0, series, outcome.error))
            return outcome;
    }
    progress("", 1, 0);

    outcome.targets = compare(brackets, options.patience, series, outcome.notes);
    outcome.rows = series.rows();
    const std::vector<double> lines = all_lines(series);
    const auto [least, most] = std::minmax_element(lines.begin(), lines.end());
    if (!same_placement(*least, *most))
        outcome.notes.push_back(fmt::format(
            "A cache line took {:.0f} to {:.0f} ns between the two cores: the hypervisor moves "
            "them about. Ratios of one round hold; rows mix the placements.",
            *least, *most));
    return outcome;
}

} // namespace paravane::bench
