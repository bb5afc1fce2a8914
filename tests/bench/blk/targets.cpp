// SPDX-License-Identifier: Apache-2.0
#include "blk/targets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/statistics.hpp"

namespace paravane::bench::blk {

namespace {

constexpr const char *ours = "paravane";
constexpr const char *virtio = "QEMU virtio";
constexpr const char *unpinned = "QEMU, unpinned";
constexpr const char *host = "host io_uring";
constexpr const char *nvme = "QEMU NVMe, as it comes";
constexpr const char *ide = "QEMU IDE";
constexpr double ns_a_second = 1e9;
constexpr double cheap_exit_ns = 1000;
// A load may begin and end with some.
constexpr double requests_an_exit = 1000;

struct Promise {
    const char *job;
    const char *others; // how their names begin
    double target;
};

constexpr const char *one_read = "4 KiB random reads, depth 1";
constexpr const char *many_reads = "4 KiB random reads, depth 32";
constexpr const char *long_reads = "128 KiB sequential reads, depth 8";

const std::vector<Promise> null_promises = {
    {one_read, virtio, 10},
    {many_reads, virtio, 15},
    {one_read, nvme, 2},
    {one_read, ide, 10},
};
const std::vector<Promise> file_promises = {
    {one_read, virtio, 1},     {many_reads, virtio, 1}, {long_reads, virtio, 1},
    {one_read, unpinned, 1.3}, {one_read, host, 0.95},  {many_reads, host, 0.95},
    {long_reads, host, 0.95},  {one_read, nvme, 2},     {one_read, ide, 10},
};

std::optional<double> median_ratio(const std::vector<double> &above,
                                   const std::vector<double> &below)
{
    std::vector<double> ratios;

    for (size_t i = 0; i < std::min(above.size(), below.size()); i++)
        ratios.push_back(above[i] / below[i]);
    if (ratios.empty())
        return std::nullopt;
    return median_of(ratios);
}

Target ratio_target(const Promise &promise, const NamedJob &job, const Contenders &contenders,
                    const Series &series)
{
    const std::string best = best_at(job, contenders, promise.others, series);
    const std::string who = best.empty() ? promise.others : best;

    return {fmt::format("{}: {} by {}", promise.job, ours, who),
            best.empty()
                ? std::nullopt
                : median_ratio(series.values(job.name, ours), series.values(job.name, best)),
            promise.target};
}

} // namespace

std::vector<Target> targets_of(const Contenders &contenders, const std::vector<NamedJob> &jobs,
                               const Series &series, bool has_medium)
{
    std::vector<Target> targets;

    for (const Promise &promise : has_medium ? file_promises : null_promises) {
        const auto job = std::find_if(jobs.begin(), jobs.end(),
                                      [&](const NamedJob &one) { return one.name == promise.job; });
        if (job != jobs.end())
            targets.push_back(ratio_target(promise, *job, contenders, series));
    }
    const std::vector<double> exits =
        series.values(std::string(many_reads) + exits_row(true), ours);
    std::optional<double> least;
    if (!exits.empty())
        least = 1 / std::max(median_of(exits), 1e-9);
    targets.push_back({fmt::format("{}: {}'s requests an exit to user space", many_reads, ours),
                       least, requests_an_exit});
    return targets;
}

void add_estimates(const Contenders &contenders, const std::vector<NamedJob> &jobs,
                   const ExitCosts &costs, Series &series)
{
    for (const NamedJob &job : jobs) {
        if (job.unit != Unit::requests_a_second)
            continue;
        for (const std::unique_ptr<Contender> &contender : contenders) {
            const std::vector<double> all =
                series.values(job.name + exits_row(false), contender->name());
            const std::vector<double> to_user =
                series.values(job.name + exits_row(true), contender->name());
            const std::vector<double> figures = series.values(job.name, contender->name());
            for (size_t i = 0; i < std::min({all.size(), to_user.size(), figures.size()}); i++) {
                const double ns = ns_a_second / figures[i];
                const double cost =
                    to_user[i] * costs.to_user_space + (all[i] - to_user[i]) * costs.to_kernel;
                const double cheap = all[i] * cheap_exit_ns;
                // What is left has its exits in it, however dear they were taken to be.
                const double left = std::max(ns - std::max(cost - cheap, 0.0), cheap);
                series.add(job.name + ": if an exit took 1 us (estimate)", contender->name(),
                           name_of(job.unit), ns_a_second / left);
            }
        }
    }
}

} // namespace paravane::bench::blk
