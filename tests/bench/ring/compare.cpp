// SPDX-License-Identifier: Apache-2.0
#include "ring/compare.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "ring/line.hpp"
#include "ring/names.hpp"
#include "ring/rte_ring.hpp"

namespace paravane::bench {
namespace {

// dpdk-test runs for seconds, in which a hypervisor may move the processors.
bool in_one_placement(const Bracket &bracket)
{
    const std::array<double, 4> lines = {bracket.before.line_before, bracket.before.line_after,
                                         bracket.after.line_before, bracket.after.line_after};
    const auto [least, most] = std::minmax_element(lines.begin(), lines.end());

    return same_placement(*least, *most);
}

void ratio_in_program(Series &series, uint32_t burst, const std::string &ours)
{
    const std::vector<double> mine = series.values(names::sum, ours);
    const std::vector<double> theirs = series.values(names::rte_ring, rte_ring_name(burst));
    const std::vector<double> before = series.values(names::line, names::line_before);
    const std::vector<double> after = series.values(names::line, names::line_after);

    for (size_t i = 0; i < std::min(mine.size(), theirs.size()); i++)
        if (same_placement(before.at(i), after.at(i)))
            series.add(names::ratio, ours + ", in this program", "ratio", theirs[i] / mine[i]);
}

std::optional<double> ratio_to_dpdk_test(const std::vector<Bracket> &brackets, uint32_t burst,
                                         uint32_t patience, Series &series)
{
    const std::string name = quiet_name(burst, patience) + ", dpdk-test";
    std::vector<double> all_ours, all_theirs;

    for (const Bracket &bracket : brackets) {
        const bool small = burst == 8;
        const double theirs =
            small ? *bracket.dpdk.element16_burst8 : *bracket.dpdk.element16_burst32;
        all_theirs.push_back(theirs);
        // Two ratios, not one of a mean: a round that something disturbed is then an outlier among
        // the others, not half of two brackets.
        for (const Compared &round : {bracket.before, bracket.after}) {
            const double ours = small ? round.burst8 : round.burst32;
            all_ours.push_back(ours);
            if (in_one_placement(bracket))
                series.add(names::ratio, name, "ratio", theirs / ours);
        }
    }
    if (!all_ours.empty())
        series.add(names::ratio, name + ", of the medians", "ratio",
                   median_of(all_theirs) / median_of(all_ours));
    const std::vector<double> ratios = series.values(names::ratio, name);
    if (ratios.empty())
        return std::nullopt;
    return median_of(ratios);
}

void add_dpdk_rows(const std::vector<Bracket> &brackets, Series &series)
{
    for (const Bracket &bracket : brackets) {
        const DpdkFigures &dpdk = bracket.dpdk;
        series.add(names::rte_ring, "burst  8, dpdk-test", "cycles", *dpdk.element16_burst8);
        series.add(names::rte_ring, "burst 32, dpdk-test", "cycles", *dpdk.element16_burst32);
        if (dpdk.pointer_burst8)
            series.add(names::rte_ring, "burst  8, dpdk-test, elements of 8 bytes", "cycles",
                       *dpdk.pointer_burst8);
        if (dpdk.pointer_burst32)
            series.add(names::rte_ring, "burst 32, dpdk-test, elements of 8 bytes", "cycles",
                       *dpdk.pointer_burst32);
    }
}

} // namespace

std::vector<Target> compare(const std::vector<Bracket> &brackets, uint32_t patience, Series &series,
                            std::vector<std::string> &notes)
{
    const auto stable = std::count_if(brackets.begin(), brackets.end(), in_one_placement);
    std::vector<Target> targets;

    add_dpdk_rows(brackets, series);
    for (const uint32_t burst : {8U, 32U}) {
        if (have_rte_ring()) {
            ratio_in_program(series, burst, quiet_name(burst, patience));
            if (patience != 1)
                ratio_in_program(series, burst, quiet_name(burst, 1));
            ratio_in_program(series, burst, notifying_name(burst, patience));
        }
        targets.push_back({fmt::format("16-byte slots, burst {}: ratio rte_ring/ours", burst),
                           ratio_to_dpdk_test(brackets, burst, patience, series), 1.0});
    }
    if (!brackets.empty())
        notes.push_back(fmt::format(
            "dpdk-test ran {} times; in {} of them the two cores stayed where they were (a cache "
            "line took as long before as after), and only those count in the ratio, each against "
            "our "
            "round before it and our round after it.",
            brackets.size(), stable));
    return targets;
}

} // namespace paravane::bench
