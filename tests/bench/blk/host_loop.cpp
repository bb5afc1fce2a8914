// SPDX-License-Identifier: Apache-2.0
#include "blk/host_loop.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include <unistd.h>

#include "blk/program.hpp"
#include "frontend-drivers/blk/workload/run.hpp"
#include "report/cycles.hpp"

namespace paravane::bench::blk {

namespace {

class CycleClock {
  public:
    explicit CycleClock(uint64_t khz) : multiplier_((uint64_t{1'000'000} << shift) / khz) {}

    [[nodiscard]] uint64_t ticks() const { return cycles(); }
    [[nodiscard]] uint64_t nanoseconds(uint64_t ticks) const
    {
        return static_cast<uint64_t>(Wide{ticks} * multiplier_ >> shift);
    }

  private:
    __extension__ using Wide = unsigned __int128;
    static constexpr uint32_t shift = 32;

    uint64_t multiplier_; // ns of a tick, in 2^-shift
};

const char *name_of(UringMode mode)
{
    switch (mode) {
    case UringMode::plain:
        return "host io_uring, sleeping";
    case UringMode::busy_poll:
        return "host io_uring, busy-poll";
    case UringMode::sqpoll:
        break;
    }
    return "host io_uring, SQPOLL";
}

using Times = std::map<pid_t, uint64_t>;

// The kernel's threads of io_uring are threads of this process. Those of rings that are gone may end at any time.
Times times_of_kernel_threads()
{
    Times times;

    for (const pid_t thread : threads_of(getpid())) {
        std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/comm");
        std::string name;
        if (std::getline(file, name) && name.starts_with("iou-"))
            times[thread] = processor_time(getpid(), thread);
    }
    return times;
}

uint64_t added(const Times &before, const Times &after)
{
    uint64_t ns = 0;

    for (const auto &[thread, time] : after) {
        const auto earlier = before.find(thread);
        ns += time - std::min(time, earlier == before.end() ? 0 : earlier->second);
    }
    return ns;
}

double each(uint64_t of, uint64_t requests)
{
    return static_cast<double>(of) / static_cast<double>(std::max<uint64_t>(requests, 1));
}

Figures figures_of(const keel::workload::Report &report)
{
    Figures figures;

    figures.requests = report.requests;
    figures.bytes = report.bytes;
    figures.ns = report.ns;
    figures.errors = report.errors;
    figures.first_error = report.first_error;
    figures.p50 = report.p50();
    figures.p99 = report.p99();
    figures.most = report.max();
    return figures;
}

Result<Figures> measure(const UringPlan &plan, const Setting &setting, const Job &job)
{
    if (Result<void> done = pin_thread(0, setting.cores.producer); !done)
        return done.error();
    Result<std::unique_ptr<UringDisk>> disk = UringDisk::open(setting.medium.path, plan);
    if (!disk)
        return disk.error();
    if (!keel::workload::Requests::fits(job, (*disk)->sectors()))
        return Problem{"such a job does not fit the disk"};
    const uint64_t own = processor_time(getpid(), gettid());
    const Times kernel = times_of_kernel_threads();
    const auto report = std::make_unique<keel::workload::Report>(
        keel::workload::run(**disk, job, CycleClock(setting.tsc_khz)));
    Figures figures = figures_of(*report);
    const uint64_t completed = (*disk)->completed();
    figures.front_ns = each(processor_time(getpid(), gettid()) - own, completed);
    figures.back_ns = each(added(kernel, times_of_kernel_threads()), completed);
    return figures;
}

} // namespace

HostLoop::HostLoop(UringMode mode, const Setting &setting)
    : mode_(mode), setting_(setting), name_(name_of(mode))
{
}

bool HostLoop::can(const Job & /*job*/) const
{
    return !setting_.medium.path.empty();
}

Result<Figures> HostLoop::run(const Job &job)
{
    const UringPlan plan = {mode_, setting_.cores.consumer, job.depth, job.bytes};
    Result<Figures> figures = Problem{"not measured"};

    std::thread([&] { figures = measure(plan, setting_, job); }).join();
    if (!figures)
        return Problem{name_ + ": " + figures.error().text};
    return figures;
}

} // namespace paravane::bench::blk
