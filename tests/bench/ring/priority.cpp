// SPDX-License-Identifier: Apache-2.0
#include "ring/priority.hpp"

#include <sched.h>
#include <sys/resource.h>

#include "ring/child.hpp"

namespace paravane::bench {
namespace {

bool become_realtime()
{
    sched_param parameter = {};

    parameter.sched_priority = sched_get_priority_min(SCHED_FIFO);
    return sched_setscheduler(0, SCHED_FIFO, &parameter) == 0;
}

} // namespace

bool may_run_realtime()
{
    Child child = Child::start([] { return become_realtime() ? 0 : 1; });

    return child.running() && child.reap().empty();
}

void run_realtime()
{
    constexpr rlim_t minute = 60'000'000; // microseconds
    const rlimit limit = {minute, minute};

    if (setrlimit(RLIMIT_RTTIME, &limit) == 0)
        become_realtime();
}

} // namespace paravane::bench
