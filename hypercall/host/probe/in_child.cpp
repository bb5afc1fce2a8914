// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/in_child.hpp"

#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

namespace paravane::probe {

Result<int> in_child(const std::function<int()> &attempt)
{
    const pid_t child = fork();
    if (child < 0)
        return system_problem("fork");
    if (child == 0)
        _exit(attempt());

    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return system_problem("waitpid");
    }
    if (WIFSIGNALED(status))
        return Problem{std::string("the process that tried it was killed: ") +
                       strsignal(WTERMSIG(status))};
    return WEXITSTATUS(status);
}

} // namespace paravane::probe
