// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/process_probe.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#include <fmt/core.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hypercall/host/probe/in_child.hpp"
#include "hypercall/host/unique_fd.hpp"
#include "hypercall/sandbox/sandbox.hpp"

namespace paravane::probe {
namespace {

Finding processors_finding()
{
    const Subject subject = {"process.processors", "processors"};
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return untried(subject, system_problem("sched_getaffinity").text);
    const auto count = static_cast<uint64_t>(CPU_COUNT(&set));
    const std::string detail =
        fmt::format("{} for this process, {} online", count, sysconf(_SC_NPROCESSORS_ONLN));
    if (count < 2)
        return partly(subject, detail, {"a guest and its backends take turns on one processor", {}})
            .with_value(count, "processors");
    return yes(subject, detail).with_value(count, "processors");
}

Finding eventfd_finding()
{
    const Subject subject = {"process.eventfd", "eventfd"};
    const UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

    if (!event)
        return no(subject, {system_problem("eventfd").text, {}});
    if (eventfd_write(event.get(), 1) != 0 || eventfd_write(event.get(), 2) != 0)
        return no(subject, {system_problem("write an eventfd").text, {}});
    eventfd_t count = 0;
    if (eventfd_read(event.get(), &count) != 0)
        return no(subject, {system_problem("read an eventfd").text, {}});
    if (count != 3)
        return no(subject, {fmt::format("3 was written, {} read", count), {}});
    return yes(subject, "what was written was read");
}

// One byte, and a descriptor with it.
Result<UniqueFd> send_over(const std::array<UniqueFd, 2> &sockets, int descriptor)
{
    char byte = 'p';
    iovec vector = {&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control = {};
    msghdr message = {};

    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    if (sendmsg(sockets[0].get(), &message, 0) != 1)
        return system_problem("sendmsg");

    control = {};
    message.msg_controllen = control.size();
    if (recvmsg(sockets[1].get(), &message, MSG_CMSG_CLOEXEC) != 1)
        return system_problem("recvmsg");
    header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
        return Problem{"no descriptor came with the message"};
    int received = -1;
    std::memcpy(&received, CMSG_DATA(header), sizeof(int));
    return UniqueFd(received);
}

Finding descriptors_finding()
{
    const Subject subject = {"process.descriptors", "descriptors by socket"};
    std::array<int, 2> pair = {-1, -1};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return no(subject, {system_problem("socketpair").text, {}});
    const std::array<UniqueFd, 2> sockets = {UniqueFd(pair[0]), UniqueFd(pair[1])};
    const UniqueFd event(eventfd(7, EFD_CLOEXEC | EFD_NONBLOCK));
    const Result<UniqueFd> received = send_over(sockets, event.get());
    if (!received)
        return no(subject, {received.error().text, {}});
    eventfd_t count = 0;
    if (eventfd_read(received.value().get(), &count) != 0 || count != 7)
        return no(subject, {"what was received is not what was sent", {}});
    return yes(subject, "an eventfd was sent and used (SCM_RIGHTS)");
}

// Forbids getppid, which then gives an error number that it never gives; 0 if it did.
int try_seccomp()
{
    constexpr uint16_t unusual = EXDEV;
    std::array<sock_filter, 4> program = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | unusual),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter = {program.size(), program.data()};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return errno;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0)
        return errno;
    return syscall(SYS_getppid) == -1 && errno == unusual ? 0 : EPROTO;
}

Finding seccomp_finding()
{
    const Subject subject = {"process.seccomp", "seccomp filters"};
    const Result<int> error = in_child(try_seccomp);

    if (!error)
        return no(subject, {error.error().text, {}});
    if (*error == EPROTO)
        return no(subject, {"a filter was taken, but what it forbids was still allowed", {}});
    if (*error != 0)
        return no(subject,
                  {system_problem("seccomp", *error).text, "a kernel with CONFIG_SECCOMP_FILTER"});
    return yes(subject, "a filter forbade a system call");
}

using Parts = std::array<bool sandbox::Isolation::*, 6>;
constexpr Parts isolation_parts = {&sandbox::Isolation::user,    &sandbox::Isolation::mount,
                                   &sandbox::Isolation::network, &sandbox::Isolation::ipc,
                                   &sandbox::Isolation::uts,     &sandbox::Isolation::empty_root};
constexpr int privileges_stay = 0xff;

// What it got of its own, as bits.
int try_isolation()
{
    sandbox::Isolation got;
    int bits = 0;

    if (!sandbox::leave_privileges(&got))
        return privileges_stay;
    for (std::size_t i = 0; i < isolation_parts.size(); i++)
        bits |= got.*isolation_parts.at(i) ? 1 << i : 0;
    return bits;
}

// As guests' processes, domain processes and backends do it.
Finding isolation_finding()
{
    const Subject subject = {"process.isolation", "isolation"};
    const Result<int> bits = in_child(try_isolation);
    sandbox::Isolation got;
    sandbox::Isolation refused;

    if (!bits)
        return no(subject, {bits.error().text, {}});
    if (*bits == privileges_stay)
        return no(subject, {"a process could not give up its privileges", {}});
    for (std::size_t i = 0; i < isolation_parts.size(); i++) {
        got.*isolation_parts.at(i) = (*bits & 1 << i) != 0;
        refused.*isolation_parts.at(i) = (*bits & 1 << i) == 0;
    }
    const std::string detail = "a process got of its own: " + sandbox::describe(got);
    if (got.whole())
        return yes(subject, detail);
    return partly(subject, detail,
                  {"refused: " + sandbox::describe(refused) + "; filters of system calls stay",
                   "let users make user namespaces (user.max_user_namespaces)"});
}

} // namespace

Section probe_processes()
{
    return {"process",
            "Processes",
            {processors_finding(), eventfd_finding(), descriptors_finding(), seccomp_finding(),
             isolation_finding()}};
}

} // namespace paravane::probe
