// SPDX-License-Identifier: Apache-2.0
#include "blk/exits.hpp"

#include <fstream>
#include <string>

#include <fmt/format.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace paravane::bench::blk {

namespace {

// Where nobody has mounted it: a mount of our own, which nobody sees.
UniqueFd own_tracing()
{
    const UniqueFd context(static_cast<int>(syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC)));

    if (!context ||
        syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
        return {};
    return UniqueFd(static_cast<int>(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
}

// 0: there is no such trace point, or it is not ours to use.
uint64_t trace_point(const std::string &name)
{
    static const UniqueFd own = own_tracing();
    const std::string path = "events/kvm/" + name + "/id";

    for (const std::string &folder :
         {std::string("/sys/kernel/tracing"), fmt::format("/proc/self/fd/{}", own.get())}) {
        std::ifstream file(folder + "/" + path);
        uint64_t number = 0;
        if (file >> number)
            return number;
    }
    return 0;
}

bool count(uint64_t point, const std::set<pid_t> &threads, std::vector<UniqueFd> &counters)
{
    perf_event_attr attributes{};

    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.size = sizeof(attributes);
    attributes.config = point;
    for (const pid_t thread : threads) {
        counters.emplace_back(static_cast<int>(
            syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC)));
        if (!counters.back())
            return false;
    }
    return true;
}

uint64_t sum(const std::vector<UniqueFd> &counters)
{
    uint64_t all = 0;

    for (const UniqueFd &counter : counters) {
        uint64_t one = 0;
        if (::read(counter.get(), &one, sizeof(one)) == static_cast<ssize_t>(sizeof(one)))
            all += one;
    }
    return all;
}

} // namespace

std::optional<ExitCounters> ExitCounters::of(const std::set<pid_t> &threads)
{
    const uint64_t exits = trace_point("kvm_exit");
    const uint64_t user_exits = trace_point("kvm_userspace_exit");
    ExitCounters counters;

    if (exits == 0 || user_exits == 0 || !count(exits, threads, counters.all_) ||
        !count(user_exits, threads, counters.to_user_space_))
        return std::nullopt;
    return counters;
}

ExitCounters::Counts ExitCounters::read() const
{
    return {sum(all_), sum(to_user_space_)};
}

} // namespace paravane::bench::blk
