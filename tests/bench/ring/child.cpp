// SPDX-License-Identifier: Apache-2.0
#include "ring/child.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <utility>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace paravane::bench {

Child::Child(Child &&other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::exchange(other.pidfd_, -1))
{
}

Child &Child::operator=(Child &&other) noexcept
{
    Child moved(std::move(other));

    std::swap(pid_, moved.pid_);
    std::swap(pidfd_, moved.pidfd_);
    return *this;
}

Child::~Child()
{
    if (running()) {
        kill(pid_, SIGKILL);
        [[maybe_unused]] const std::string end = reap();
    }
}

Child Child::start(const std::function<int()> &body)
{
    const pid_t parent = getpid();
    Child child;

    child.pid_ = fork();
    if (child.pid_ == 0) {
        for (const int number : {SIGINT, SIGTERM, SIGHUP})
            std::signal(number, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // The parent may have died before that was asked for.
        _exit(getppid() == parent ? body() : 1);
    }
    if (child.pid_ > 0)
        child.pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, child.pid_, 0));
    return child;
}

std::string Child::reap()
{
    int status = 0;

    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR)
        continue;
    pid_ = -1;
    if (pidfd_ >= 0)
        close(std::exchange(pidfd_, -1));
    if (WIFSIGNALED(status))
        return "died by signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return "ended with status " + std::to_string(WEXITSTATUS(status));
    return {};
}

} // namespace paravane::bench
