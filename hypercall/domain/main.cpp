// SPDX-License-Identifier: Apache-2.0
//
// paravane-domain: started by a supervisor, which is at the other end of descriptor 3.
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hypercall/domain/process.hpp"

namespace {

constexpr int supervisor_fd = 3;
constexpr int usage = 2;

bool is_socket(int fd)
{
    int type = 0;
    socklen_t bytes = sizeof(type);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0 && type == SOCK_SEQPACKET;
}

} // namespace

int main()
{
    // A guest does not outlive who answers for it; terminal signals are the supervisor's to translate.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    if (!is_socket(supervisor_fd)) {
        std::fputs("paravane-domain: it is not for people; `paravane run` starts it\n", stderr);
        return usage;
    }
    fcntl(supervisor_fd, F_SETFD, FD_CLOEXEC);
    return paravane::DomainProcess(paravane::UniqueFd(supervisor_fd)).run();
}
