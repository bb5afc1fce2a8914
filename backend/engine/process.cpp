// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/process.hpp"

#include <array>
#include <csignal>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace paravane {

namespace {

constexpr int supervisor_fd = 3;
constexpr rlim_t heap_more = rlim_t{64} << 20; // bytes

bool is_socket(int fd)
{
    int type = 0;
    socklen_t bytes = sizeof(type);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0 && type == SOCK_SEQPACKET;
}

// What it has already, in bytes.
rlim_t heap_now()
{
    std::ifstream pages("/proc/self/statm");
    rlim_t count = 0;

    // The sixth number: data and stack.
    for (int number = 0; number < 6; number++)
        pages >> count;
    return pages ? count * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) : 0;
}

// A backend has no terminal: not one to read from, nor one to write a compromised process's text to.
UniqueFd open_nothing()
{
    return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
}

} // namespace

UniqueFd begin_backend(unsigned int inherited)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    if (!is_socket(supervisor_fd))
        return {};
    const unsigned int behind = inherited_fd + inherited;
    syscall(SYS_close_range, supervisor_fd, behind - 1, CLOSE_RANGE_CLOEXEC);
    if (const UniqueFd nothing = open_nothing(); nothing) {
        dup2(nothing.get(), STDIN_FILENO);
        dup2(nothing.get(), STDOUT_FILENO);
    }
    // Whatever a careless starter let through.
    syscall(SYS_close_range, behind, ~0U, 0);
    return UniqueFd(supervisor_fd);
}

Result<void> enter_sandbox(const BackendCalls &calls)
{
    using sandbox::allow;
    using sandbox::equal;
    using sandbox::equal_int;
    using sandbox::masked;
    constexpr int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    std::vector<sandbox::AllowedCall> allowed;
    for (const int ring : calls.rings)
        allowed.push_back(allow(SYS_io_uring_enter, {equal_int(0, ring)}));
    const std::array others = {
        allow(SYS_write, {equal_int(0, calls.unpinned), equal(2, sizeof(uint64_t))}),
        allow(SYS_recvmsg, {equal_int(0, calls.supervisor)}),
        allow(SYS_sendmsg, {equal_int(0, calls.supervisor)}),
        // Where the clock is not read without a call.
        allow(SYS_clock_gettime, {equal_int(0, CLOCK_MONOTONIC)}),
        // The heap: memory of this process alone, never to be executed.
        allow(SYS_brk),
        allow(SYS_mmap, {masked(2, PROT_EXEC, 0), masked(3, anonymous | MAP_FIXED, anonymous)}),
        allow(SYS_munmap),
        allow(SYS_close),
        allow(SYS_sched_yield),
        allow(SYS_restart_syscall),
        allow(SYS_exit_group),
    };
    allowed.insert(allowed.end(), others.begin(), others.end());

    if (!sandbox::suits_build)
        return {};
    const UniqueFd nothing = open_nothing();
    const UniqueFd messages(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!nothing)
        return system_problem("/dev/null");
    // Rings and arena are shared memory, which does not count; buffers are small.
    const rlim_t most = heap_now() + heap_more;
    const rlimit heap = {most, most};
    if (setrlimit(RLIMIT_DATA, &heap) != 0)
        return system_problem("the limit of a backend's memory");
    if (Result<void> left = sandbox::leave_privileges(); !left)
        return left;
    dup2(nothing.get(), STDERR_FILENO);
    Result<void> shut = sandbox::allow_only(allowed);
    if (!shut)
        dup2(messages.get(), STDERR_FILENO);
    return shut;
}

} // namespace paravane
