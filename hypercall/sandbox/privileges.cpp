// SPDX-License-Identifier: Apache-2.0
#include "hypercall/sandbox/sandbox.hpp"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace paravane::sandbox {

namespace {

struct Namespace {
    int flag;
    bool Isolation::*got;
};

constexpr std::array namespaces = {
    Namespace{CLONE_NEWUSER, &Isolation::user},   Namespace{CLONE_NEWNS, &Isolation::mount},
    Namespace{CLONE_NEWNET, &Isolation::network}, Namespace{CLONE_NEWIPC, &Isolation::ipc},
    Namespace{CLONE_NEWUTS, &Isolation::uts},
};

// Where /proc is not there to ask, the kernel will still refuse a user namespace to several threads.
bool has_other_threads()
{
    struct stat tasks = {};
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3;
}

// All of them in one call, or each that is to be had. The user namespace comes first: it gives the right
// to the others. Its users are not mapped: nothing in there needs a name for who it is.
void take_namespaces(Isolation &got)
{
    int all = 0;

    for (const Namespace &one : namespaces)
        all |= one.flag;
    const bool whole = unshare(all) == 0;
    for (const Namespace &one : namespaces)
        got.*one.got = whole || unshare(one.flag) == 0;
}

// A file system in which nothing is and nothing can be made, for `/`. What was mounted before stays so in
// our mount namespace, where no path leads to it and no capability is left to change that: to unmount
// it all would wait for every processor of the host, and add milliseconds to the start of a guest.
bool empty_the_root()
{
    constexpr unsigned long flags = MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC;
    constexpr const char *options = "mode=555,nr_inodes=1,size=4k";

    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return false;
    // Any directory serves.
    for (const char *place : {"/proc", "/tmp"}) {
        if (mount("none", place, "tmpfs", flags, options) == 0)
            return chdir(place) == 0 && chroot(".") == 0 && chdir("/") == 0;
    }
    return false;
}

Result<void> drop_capabilities()
{
    __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none = {};

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return system_problem("clearing ambient capabilities");
    if (syscall(SYS_capset, &head, none.data()) != 0)
        return system_problem("dropping capabilities");
    return {};
}

} // namespace

std::string describe(const Isolation &isolation)
{
    const std::array<std::pair<bool, const char *>, 6> parts = {{
        {isolation.user, "user"},
        {isolation.mount, "mount"},
        {isolation.network, "network"},
        {isolation.ipc, "ipc"},
        {isolation.uts, "uts"},
        {isolation.empty_root, "empty root"},
    }};
    std::string text;

    for (const auto &[is_there, name] : parts) {
        if (is_there)
            text += (text.empty() ? "" : ", ") + std::string(name);
    }
    return text.empty() ? "none" : text;
}

Result<void> leave_privileges(Isolation *got)
{
    constexpr rlimit no_core = {0, 0};
    Isolation isolation;
    int parent_death_signal = 0;

    if (has_other_threads())
        return Problem{"privileges can only be left while there is one thread"};
    if (prctl(PR_GET_PDEATHSIG, &parent_death_signal) != 0)
        return system_problem("reading the signal of a parent's death");
    take_namespaces(isolation);
    isolation.empty_root = isolation.mount && empty_the_root();
    if (Result<void> dropped = drop_capabilities(); !dropped)
        return dropped.error();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return system_problem("giving up new privileges");
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
        return system_problem("giving up core files");
    // A change of credentials may clear it.
    if (prctl(PR_SET_PDEATHSIG, parent_death_signal) != 0)
        return system_problem("keeping the signal of a parent's death");
    if (got != nullptr)
        *got = isolation;
    return {};
}

} // namespace paravane::sandbox
