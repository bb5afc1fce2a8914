// SPDX-License-Identifier: Apache-2.0
//
// Runs something in a process of its own, which may shut itself in there.
#pragma once

#include <cerrno>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

namespace paravane::sandbox::test {

// A wait status. What the child returns is its exit status.
inline int in_child(const std::function<int()> &action)
{
    const pid_t child = fork();
    int status = -1;

    if (child == 0)
        _exit(action());
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

inline bool ended_with(int status, int wanted)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == wanted;
}

// By a filter.
inline bool was_killed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

} // namespace paravane::sandbox::test
