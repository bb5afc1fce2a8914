// SPDX-License-Identifier: Apache-2.0
//
// What is left of a process's privileges.
#include <csignal>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "hypercall/host/unique_fd.hpp"
#include "hypercall/sandbox/sandbox.hpp"
#include "tests/sandbox/in_child.hpp"

namespace paravane::sandbox::test {
namespace {

constexpr int could_not = 42;
constexpr int refused = 43; // by this host
constexpr uid_t nobody = 65534;

// The exit status of a process that has left its privileges, and then does this; as root and as nobody.
template <typename Check> void expect_of_one_without_privileges(const Check &check)
{
    for (const bool as_nobody : {false, true}) {
        if (as_nobody && geteuid() != 0)
            continue;
        const int status = in_child([&] {
            Isolation got;
            if (as_nobody && (setgid(nobody) != 0 || setuid(nobody) != 0))
                return could_not;
            if (!leave_privileges(&got))
                return could_not;
            return check(got);
        });
        ASSERT_FALSE(ended_with(status, could_not));
        if (ended_with(status, refused))
            GTEST_SKIP() << "this host does not give it: paravane host says what it gives";
        EXPECT_TRUE(ended_with(status, 0)) << (as_nobody ? "nobody " : "as we are ") << status;
    }
}

TEST(Privileges, NoCapabilityIsLeft)
{
    expect_of_one_without_privileges([](const Isolation &) {
        __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
        std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> got = {};
        if (syscall(SYS_capget, &head, got.data()) != 0)
            return could_not;
        for (const auto &half : got) {
            if ((half.effective | half.permitted | half.inheritable) != 0)
                return 1;
        }
        for (unsigned long number = 0; number <= CAP_LAST_CAP; number++) {
            if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) > 0)
                return 2;
        }
        return 0;
    });
}

TEST(Privileges, NoneComeBack)
{
    expect_of_one_without_privileges(
        [](const Isolation &) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1; });
}

TEST(Privileges, NobodyTracesItAndNoCoreIsLeft)
{
    expect_of_one_without_privileges([](const Isolation &) {
        rlimit core = {1, 1};
        return prctl(PR_GET_DUMPABLE) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
                       core.rlim_max == 0
                   ? 0
                   : 1;
    });
}

TEST(Privileges, ItStillDiesWithItsParent)
{
    const int status = in_child([] {
        int number = 0;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!leave_privileges())
            return could_not;
        return prctl(PR_GET_PDEATHSIG, &number) == 0 && number == SIGKILL ? 0 : 1;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

TEST(Privileges, NoFileIsThere)
{
    expect_of_one_without_privileges([](const Isolation &got) {
        struct stat root = {};
        if (!got.empty_root)
            return refused;
        for (const char *path :
             {"/etc", "/proc", "/proc/self", "/tmp", "/dev/null", "../etc", ".."}) {
            struct stat status = {};
            if (stat(path, &status) == 0 && status.st_nlink > 2)
                return 1;
            if (std::string(path) != ".." && access(path, F_OK) == 0)
                return 2;
        }
        if (stat("/", &root) != 0 || root.st_nlink != 2)
            return 3;
        if (open("/file", O_CREAT | O_RDWR, 0600) >= 0 || mkdir("/folder", 0700) == 0)
            return 4;
        return 0;
    });
}

TEST(Privileges, NoWayBackIsLeft)
{
    expect_of_one_without_privileges([](const Isolation &got) {
        if (!got.empty_root)
            return refused;
        return chroot("/") == 0 || setns(0, 0) == 0 ? 1 : 0;
    });
}

TEST(Privileges, NoNetworkIsThere)
{
    expect_of_one_without_privileges([](const Isolation &got) {
        if (!got.network)
            return refused;
        struct if_nameindex *interfaces = if_nameindex();
        if (interfaces == nullptr)
            return 1;
        int count = 0;
        for (const struct if_nameindex *one = interfaces; one->if_index != 0; one++)
            count += std::string(one->if_name) == "lo" ? 0 : 1;
        if_freenameindex(interfaces);
        return count == 0 ? 0 : 2;
    });
}

TEST(Privileges, WhatWasOpenStaysSo)
{
    const UniqueFd file(open("/proc/version", O_RDONLY | O_CLOEXEC));
    expect_of_one_without_privileges([&](const Isolation &) {
        char first = 0;
        return pread(file.get(), &first, 1, 0) == 1 && first == 'L' ? 0 : 1;
    });
}

TEST(Privileges, SeveralThreadsAreRefused)
{
    const int status = in_child([] {
        std::thread([] { pause(); }).detach();
        const Result<void> left = leave_privileges();
        return left ? 1 : 0;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

TEST(Privileges, NothingToGetIsNoFailure)
{
    // As where a host gives no namespaces: who has none to give gets none.
    const int status = in_child([] {
        Isolation got;
        if (!leave_privileges() || !leave_privileges(&got))
            return could_not;
        return 0;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

TEST(Privileges, AreNamed)
{
    EXPECT_EQ(describe({}), "none");
    EXPECT_EQ(describe({true, true, true, true, true, true}),
              "user, mount, network, ipc, uts, empty root");
    EXPECT_EQ(describe({false, true, false, false, true, false}), "mount, uts");
    EXPECT_TRUE((Isolation{true, true, true, true, true, true}).whole());
    EXPECT_FALSE((Isolation{true, true, true, true, true, false}).whole());
}

} // namespace
} // namespace paravane::sandbox::test
