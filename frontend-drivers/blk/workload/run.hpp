// SPDX-License-Identifier: Apache-2.0
//
// Keeps a disk as busy as a job says, and counts. All that is done for each request is in here and in the
// disk: no time is read for one request alone, and nothing is allocated.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>

#include "frontend-drivers/blk/workload/disk.hpp"
#include "frontend-drivers/blk/workload/job.hpp"
#include "frontend-drivers/blk/workload/requests.hpp"

namespace keel::workload {

// The processor's counter, read as cheaply as may be, and what a difference of two readings means.
template <class Clock>
concept TickClock = requires(const Clock &clock, uint64_t ticks)
{
    requires std::same_as<decltype(clock.ticks()), uint64_t>;
    requires std::same_as<decltype(clock.nanoseconds(ticks)), uint64_t>;
};

template <PolledDisk Disk, TickClock Clock> class Run {
  public:
    // The job must be one that Requests::fits() says yes to.
    Run(Disk &disk, const Job &job, const Clock &clock, Report &report)
        : disk_(disk), job_(job), clock_(clock), report_(report), requests_(job, disk.sectors()),
          next_(requests_.next())
    {
        for (uint32_t tag = 0; tag < job.depth; tag++)
            free_[tag] = static_cast<uint16_t>(job.depth - 1 - tag);
        free_count_ = job.depth;
    }

    void operator()()
    {
        begin(job_.warm_up == 0);
        while (!over_) {
            start();
            poll();
            if (++rounds_ % rounds_a_look == 0)
                look(clock_.ticks());
        }
        while (free_count_ < job_.depth && !ended())
            poll();
    }

  private:
    // A round may be an empty poll, of some ns.
    static constexpr uint32_t rounds_a_look = 64;

    void begin(bool measured)
    {
        report_.clear();
        measured_ = measured;
        began_ = clock_.ticks();
    }

    bool ended() const
    {
        if constexpr (requires { disk_.ended(); })
            return disk_.ended();
        else
            return false;
    }

    void start()
    {
        if (free_count_ == 0)
            return;
        // Before it is put: a backend that polls may take it at once.
        const uint64_t now = job_.latency ? clock_.ticks() : 0;
        const uint32_t before = free_count_;
        do {
            const uint16_t tag = free_[free_count_ - 1];

            next_.tag = tag;
            next_.buffer = tag;
            if (!disk_.put(next_))
                break;
            if (job_.latency)
                started_[tag] = now;
            next_ = requests_.next();
            free_count_--;
        } while (free_count_ != 0);
        if (free_count_ != before)
            disk_.kick();
    }

    void poll()
    {
        found_ = false;
        (void)disk_.poll([this](uint32_t tag, int32_t status) { done(tag, status); });
    }

    void done(uint32_t tag, int32_t status)
    {
        free_[free_count_++] = static_cast<uint16_t>(tag);
        if (over_)
            return;
        report_.requests++;
        if (status != 0 && report_.errors++ == 0)
            report_.first_error = status;
        if (job_.latency) {
            // Once for all that are found together.
            if (!found_)
                polled_ = clock_.ticks();
            found_ = true;
            report_.latency.add(clock_.nanoseconds(polled_ - started_[tag]));
        }
        if (measured_ && report_.requests == job_.count)
            end(clock_.ticks());
    }

    void look(uint64_t now)
    {
        if (over_)
            return;
        const uint64_t lasted = clock_.nanoseconds(now - began_);

        if (!measured_) {
            if (lasted >= job_.warm_up)
                begin(true);
        } else if (job_.time != 0 && lasted >= job_.time) {
            end(now);
        }
        if (!over_ && ended())
            end(now);
    }

    void end(uint64_t now)
    {
        over_ = true;
        report_.ns = clock_.nanoseconds(now - began_);
        report_.bytes = (report_.requests - report_.errors) * job_.bytes;
    }

    Disk &disk_;
    const Job job_;
    const Clock clock_;
    Report &report_;
    Requests requests_;
    Io next_; // drawn, and not put yet
    bool measured_ = false;
    bool over_ = false;
    bool found_ = false; // something, in this poll
    uint32_t rounds_ = 0;
    uint32_t free_count_ = 0;
    uint64_t began_ = 0;
    uint64_t polled_ = 0;
    std::array<uint16_t, Job::depth_max> free_{};
    std::array<uint64_t, Job::depth_max> started_{};
};

// Returns when the job is over and nothing of it is in flight any more. Uses some 11 KiB of stack; the report is
// the caller's, since it is as large.
template <PolledDisk Disk, TickClock Clock>
void run(Disk &disk, const Job &job, const Clock &clock, Report &report)
{
    report.clear();
    if (Requests::fits(job, disk.sectors()) && (job.time != 0 || job.count != 0))
        Run<Disk, Clock>(disk, job, clock, report)();
}

// The same, where there is a stack for it.
template <PolledDisk Disk, TickClock Clock>
Report run(Disk &disk, const Job &job, const Clock &clock)
{
    Report report;

    run(disk, job, clock, report);
    return report;
}

} // namespace keel::workload
