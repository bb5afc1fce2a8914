// SPDX-License-Identifier: Apache-2.0
#include "blk/rounds.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <ostream>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include "report/statistics.hpp"
#include "ring/line.hpp"

namespace paravane::bench::blk {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double ns_a_us = 1000;

// Time that this machine's processors were not run in by the one below, in seconds of one.
double stolen()
{
    constexpr int stolen_at = 8; // in the first line's words
    std::ifstream file("/proc/stat");
    std::string word;
    uint64_t ticks = 0;

    file >> word;
    for (int i = 1; i <= stolen_at; i++)
        file >> ticks;
    return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void add_us(Series &series, const std::string &what, const std::string &who,
            const std::optional<double> &ns)
{
    if (ns)
        series.add(what, who, "us", *ns / ns_a_us);
}

void add(Series &series, const NamedJob &job, const std::string &who, const Figures &figures)
{
    series.add(job.name, who, name_of(job.unit), value_of(job.unit, figures));
    // fio's own are of other steps, and not taken.
    if (job.job.latency && figures.most > 0) {
        series.add(job.name + ": half within", who, "us",
                   static_cast<double>(figures.p50) / ns_a_us);
        series.add(job.name + ": 99 % within", who, "us",
                   static_cast<double>(figures.p99) / ns_a_us);
    }
    add_us(series, job.name + ": processor time a request, of the loop", who, figures.front_ns);
    add_us(series, job.name + ": processor time a request, of who serves it", who, figures.back_ns);
    if (figures.exits)
        series.add(job.name + exits_row(false), who, "exits", *figures.exits);
    if (figures.user_exits)
        series.add(job.name + exits_row(true), who, "exits", *figures.user_exits);
}

Result<void> measure(Contender &contender, const NamedJob &job, const LineTime &line_time,
                     Series &series, std::ostream *said)
{
    if (!contender.can(job.job))
        return {};
    const std::optional<double> before = line_time();
    const Result<Figures> figures = contender.run(job.job);
    const std::optional<double> after = line_time();
    if (!figures)
        return figures.error();
    if (figures->errors != 0)
        return Problem{fmt::format("{}: {}: {} of {} requests failed, the first with error {}",
                                   contender.name(), job.name, figures->errors, figures->requests,
                                   figures->first_error)};
    add(series, job, contender.name(), *figures);
    if (before && after)
        for (const double ns : {*before, *after})
            series.add(job.name + line_row(), contender.name(), "ns", ns);
    if (said != nullptr) {
        fmt::print(*said, "  {:<40} {:<42} {:>12.0f} {}\n", job.name, contender.name(),
                   value_of(job.unit, *figures), name_of(job.unit));
        said->flush();
    }
    return {};
}

// Of the figure at that place. Both have two a figure, or it is not known.
bool lay_alike(const std::vector<double> &a, const std::vector<double> &b, std::size_t figure)
{
    const std::size_t after = 2 * figure + 1;

    return after < a.size() && after < b.size() && same_placement(a[after - 1], a[after]) &&
           same_placement(b[after - 1], b[after]) && same_placement(a[after], b[after]);
}

} // namespace

Result<void> measure_rounds(const Contenders &contenders, const std::vector<NamedJob> &jobs,
                            uint32_t rounds, const LineTime &line_time, Series &series,
                            std::ostream *said)
{
    std::vector<Contender *> order;
    std::vector<double> stolen_parts; // of each round

    for (const std::unique_ptr<Contender> &contender : contenders)
        order.push_back(contender.get());
    for (uint32_t round = 0; round < rounds; round++) {
        const double before = stolen();
        const Clock::time_point began = Clock::now();
        for (const NamedJob &job : jobs) {
            for (Contender *contender : order) {
                if (Result<void> done = measure(*contender, job, line_time, series, said); !done)
                    return done;
            }
        }
        std::reverse(order.begin(), order.end());
        const std::chrono::duration<double> took = Clock::now() - began;
        stolen_parts.push_back((stolen() - before) / took.count() * 100);
    }
    for (const double part : stolen_parts)
        series.add("time that the machine below took", "all processors", "% of one", part);
    return {};
}

const char *exits_row(bool to_user_space)
{
    return to_user_space ? ": exits a request, to user space" : ": exits a request";
}

const char *line_row()
{
    return ": a cache line's way between the processors";
}

std::string best_at(const NamedJob &job, const Contenders &contenders, const std::string &beginning,
                    const Series &series)
{
    std::string best;
    double most = 0;

    for (const std::unique_ptr<Contender> &contender : contenders) {
        const double median = median_of(series.values(job.name, contender->name()));
        if (contender->name().starts_with(beginning) && median > most) {
            best = contender->name();
            most = median;
        }
    }
    return best;
}

void add_ratios(const Contenders &contenders, const std::vector<NamedJob> &jobs,
                const std::string &beginning, Series &series)
{
    for (const NamedJob &job : jobs) {
        const std::string reference = best_at(job, contenders, beginning, series);
        const std::vector<double> below = series.values(job.name, reference);
        const std::vector<double> below_lines = series.values(job.name + line_row(), reference);
        for (const std::unique_ptr<Contender> &contender : contenders) {
            const std::vector<double> above = series.values(job.name, contender->name());
            if (contender->name() == reference)
                continue;
            const std::vector<double> lines =
                series.values(job.name + line_row(), contender->name());
            for (size_t i = 0; i < std::min(below.size(), above.size()); i++) {
                const std::string row = job.name + ": by that of " + reference;
                series.add(row, contender->name(), "ratio", above[i] / below[i]);
                if (lay_alike(below_lines, lines, i))
                    series.add(row + ", processors alike", contender->name(), "ratio",
                               above[i] / below[i]);
            }
        }
    }
}

} // namespace paravane::bench::blk
