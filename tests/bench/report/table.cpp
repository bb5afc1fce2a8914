// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "report/report.hpp"

namespace paravane::bench {
namespace {

// Three digits that say something, never an exponent.
std::string figure(double value)
{
    const double size = std::fabs(value);

    if (size >= 1000)
        return fmt::format("{:.0f}", value);
    if (size >= 100)
        return fmt::format("{:.1f}", value);
    return fmt::format("{:.2f}", value);
}

// How far the rounds lie apart, as a share of the median.
std::string spread(const Summary &of)
{
    if (of.rounds < 2 || of.median == 0)
        return "";
    return fmt::format("{:.0f} %", (of.max - of.min) / std::fabs(of.median) * 100);
}

using Cells = std::array<std::string, 7>;

Cells cells_of(const Row &row)
{
    return {row.configuration,
            figure(row.figure.median),
            figure(row.figure.min),
            figure(row.figure.max),
            spread(row.figure),
            std::to_string(row.figure.rounds),
            row.unit};
}

void print_rows(std::ostream &out, const std::vector<Row> &rows)
{
    const Cells heads = {"", "median", "min", "max", "spread", "rounds", "unit"};
    std::array<size_t, std::tuple_size_v<Cells>> width = {};

    for (size_t i = 0; i < heads.size(); i++)
        width[i] = heads[i].size();
    for (const Row &row : rows) {
        const Cells cells = cells_of(row);
        for (size_t i = 0; i < cells.size(); i++)
            width[i] = std::max(width[i], cells[i].size());
    }

    const auto line = [&](const Cells &cells) {
        fmt::print(out, "  {:<{}}", cells[0], width[0]);
        for (size_t i = 1; i + 1 < cells.size(); i++)
            fmt::print(out, "  {:>{}}", cells[i], width[i]);
        fmt::print(out, "  {}\n", cells.back());
    };
    const std::string *section = nullptr;
    for (const Row &row : rows) {
        if (section == nullptr || *section != row.what) {
            fmt::print(out, "\n{}\n", row.what);
            line(heads);
        }
        section = &row.what;
        line(cells_of(row));
    }
}

void print_targets(std::ostream &out, const std::vector<Target> &targets)
{
    size_t width = 0;

    if (targets.empty())
        return;
    fmt::print(out, "\nTargets\n");
    for (const Target &target : targets)
        width = std::max(width, target.name.size());
    for (const Target &target : targets) {
        const std::string value = target.value ? figure(*target.value) : "-";
        const char *verdict = !target.value ? "not measured" : target.met() ? "met" : "NOT MET";
        fmt::print(out, "  {:<{}}  {:>8}  (at least {})  {}\n", target.name, width, value,
                   figure(target.target), verdict);
    }
}

} // namespace

void print_machine(std::ostream &out, const Machine &machine, const Build &build)
{
    fmt::print(out, "machine   {}, {} cores, {:.1f} GiB, hypervisor {}, {}, counter {:.0f} MHz\n",
               machine.cpu, machine.cores, static_cast<double>(machine.memory) / 0x1p30,
               machine.hypervisor, machine.kernel, machine.tsc_mhz);
    fmt::print(out, "build     {}, {}, {}: {}\n", build.version, build.compiler, build.type,
               build.flags);
}

void print_table(std::ostream &out, const Report &report)
{
    print_rows(out, report.rows);
    print_targets(out, report.targets);
    out.flush();
}

} // namespace paravane::bench
