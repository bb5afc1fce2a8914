// SPDX-License-Identifier: Apache-2.0
#include "tests/sandbox/attempts.hpp"

#include <array>
#include <csignal>

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kvm.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace paravane::sandbox::test {

namespace {

template <typename... Arguments> void call(long number, Arguments... arguments)
{
    (void)syscall(number, arguments...);
}

// A call of 32-bit programs, whose numbers are others.
void call_as_32_bit()
{
    long result = 20; // getpid
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
}

// A number of the ABI with 32-bit pointers.
constexpr long x32_bit = 0x40000000;

int word = 0;

const std::array everywhere = {
    // files
    Attempt{"open", [] { call(SYS_open, "/etc/passwd", O_RDONLY); }},
    Attempt{"openat", [] { call(SYS_openat, AT_FDCWD, "/", O_RDONLY); }},
    Attempt{"openat2", [] { call(SYS_openat2, AT_FDCWD, "/", nullptr, 0); }},
    Attempt{"creat", [] { call(SYS_creat, "/x", 0600); }},
    Attempt{"stat", [] { call(SYS_stat, "/", nullptr); }},
    Attempt{"unlink", [] { call(SYS_unlink, "/x"); }},
    Attempt{"chdir", [] { call(SYS_chdir, "/"); }},
    Attempt{"getdents64", [] { call(SYS_getdents64, 0, nullptr, 0); }},
    Attempt{"name_to_handle_at", [] { call(SYS_name_to_handle_at, AT_FDCWD, "/", 0, 0, 0); }},
    Attempt{"open_by_handle_at", [] { call(SYS_open_by_handle_at, AT_FDCWD, nullptr, 0); }},
    Attempt{"fchmod", [] { call(SYS_fchmod, 0, 0777); }},
    Attempt{"pwrite64", [] { call(SYS_pwrite64, 0, nullptr, 0, 0); }},
    Attempt{"sendfile", [] { call(SYS_sendfile, 0, 1, nullptr, 1); }},
    // processes
    Attempt{"execve", [] { call(SYS_execve, "/bin/true", nullptr, nullptr); }},
    Attempt{"execveat", [] { call(SYS_execveat, 0, "", nullptr, nullptr, AT_EMPTY_PATH); }},
    Attempt{"fork", [] { call(SYS_fork); }},
    Attempt{"clone", [] { call(SYS_clone, SIGCHLD, 0, 0, 0, 0); }},
    Attempt{"clone3", [] { call(SYS_clone3, nullptr, 0); }},
    Attempt{"clone-thread",
            [] {
                call(SYS_clone,
                     CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                         CLONE_SYSVSEM,
                     0, 0, 0, 0);
            }},
    Attempt{"kill-all", [] { call(SYS_kill, -1, 0); }},
    Attempt{"kill-init", [] { call(SYS_kill, 1, 0); }},
    Attempt{"tgkill-other", [] { call(SYS_tgkill, 1, 1, 0); }},
    Attempt{"tkill", [] { call(SYS_tkill, 1, 0); }},
    Attempt{"pidfd_open", [] { call(SYS_pidfd_open, 1, 0); }},
    Attempt{"pidfd_getfd", [] { call(SYS_pidfd_getfd, 0, 0, 0); }},
    Attempt{"ptrace", [] { call(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }},
    Attempt{"process_vm_readv", [] { call(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0); }},
    Attempt{"process_vm_writev", [] { call(SYS_process_vm_writev, 1, 0, 0, 0, 0, 0); }},
    Attempt{"prlimit64", [] { call(SYS_prlimit64, 0, RLIMIT_CORE, nullptr, nullptr); }},
    Attempt{"prctl", [] { call(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
    Attempt{"rt_sigaction", [] { call(SYS_rt_sigaction, SIGSYS, nullptr, nullptr, 8); }},
    // memory
    Attempt{"mmap-executable",
            [] {
                call(SYS_mmap, nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
            }},
    Attempt{"mprotect-executable", [] { call(SYS_mprotect, nullptr, 4096, PROT_EXEC); }},
    Attempt{"pkey_mprotect", [] { call(SYS_pkey_mprotect, nullptr, 4096, PROT_EXEC, 0); }},
    Attempt{"remap_file_pages", [] { call(SYS_remap_file_pages, nullptr, 0, 0, 0, 0); }},
    Attempt{"userfaultfd", [] { call(SYS_userfaultfd, 0); }},
    // the network, and other ways out
    Attempt{"socket", [] { call(SYS_socket, AF_INET, SOCK_STREAM, 0); }},
    Attempt{"socketpair", [] { call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, nullptr); }},
    Attempt{"connect", [] { call(SYS_connect, 0, nullptr, 0); }},
    Attempt{"accept4", [] { call(SYS_accept4, 0, nullptr, nullptr, 0); }},
    Attempt{"io_uring_setup", [] { call(SYS_io_uring_setup, 1, nullptr); }},
    Attempt{"bpf", [] { call(SYS_bpf, 0, nullptr, 0); }},
    Attempt{"perf_event_open", [] { call(SYS_perf_event_open, nullptr, 0, -1, -1, 0); }},
    Attempt{"keyctl", [] { call(SYS_keyctl, 0, 0, 0, 0, 0); }},
    // privileges
    Attempt{"unshare", [] { call(SYS_unshare, CLONE_NEWUSER); }},
    Attempt{"setns", [] { call(SYS_setns, 0, 0); }},
    Attempt{"mount", [] { call(SYS_mount, nullptr, "/", nullptr, 0, nullptr); }},
    Attempt{"chroot", [] { call(SYS_chroot, "/"); }},
    Attempt{"setuid", [] { call(SYS_setuid, 0); }},
    Attempt{"capset", [] { call(SYS_capset, nullptr, nullptr); }},
    Attempt{"seccomp", [] { call(SYS_seccomp, 0, 0, nullptr); }},
    Attempt{"init_module", [] { call(SYS_init_module, nullptr, 0, ""); }},
    Attempt{"reboot", [] { call(SYS_reboot, 0, 0, 0, nullptr); }},
    Attempt{"iopl", [] { call(SYS_iopl, 3); }},
    // what a descriptor can be made to do
    Attempt{"terminal-input", [] { call(SYS_ioctl, 0, TIOCSTI, "x"); }},
    Attempt{"another-machine", [] { call(SYS_ioctl, 0, KVM_CREATE_VM, 0); }},
    Attempt{"another-vcpu", [] { call(SYS_ioctl, 0, KVM_CREATE_VCPU, 0); }},
    Attempt{"a-device", [] { call(SYS_ioctl, 0, KVM_CREATE_DEVICE, nullptr); }},
    Attempt{"fcntl-owner", [] { call(SYS_fcntl, 0, F_SETOWN, 1); }},
    // other ABIs
    Attempt{"32-bit", call_as_32_bit},
    Attempt{"x32", [] { call(SYS_getpid | x32_bit); }},
};

const std::array of_guests = {
    Attempt{"read", [] { call(SYS_read, 0, nullptr, 0); }},
    Attempt{"write", [] { call(SYS_write, 2, "x", 0); }},
    Attempt{"close", [] { call(SYS_close, 0); }},
    Attempt{"ioctl", [] { call(SYS_ioctl, 0, 0, 0); }},
    Attempt{"mmap", [] { call(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    Attempt{"mprotect", [] { call(SYS_mprotect, nullptr, 4096, PROT_READ); }},
    Attempt{"munmap", [] { call(SYS_munmap, nullptr, 4096); }},
    Attempt{"brk", [] { call(SYS_brk, 0); }},
    Attempt{"madvise", [] { call(SYS_madvise, nullptr, 0, 0); }},
    Attempt{"sched_yield", [] { call(SYS_sched_yield); }},
    Attempt{"getpid", [] { call(SYS_getpid); }},
    Attempt{"exit", [] { call(SYS_exit, 0); }},
    Attempt{"memfd_create", [] { call(SYS_memfd_create, "x", 0); }},
    Attempt{"eventfd2", [] { call(SYS_eventfd2, 0, 0); }},
    Attempt{"sendmsg", [] { call(SYS_sendmsg, 0, nullptr, 0); }},
    Attempt{"rt_sigprocmask", [] { call(SYS_rt_sigprocmask, 0, nullptr, nullptr, 8); }},
    Attempt{"futex-requeue", [] { call(SYS_futex, &word, FUTEX_REQUEUE, 0, 0, &word, 0); }},
    Attempt{"futex-lock", [] { call(SYS_futex, &word, FUTEX_LOCK_PI, 0, nullptr, nullptr, 0); }},
    Attempt{"futex-wake-op", [] { call(SYS_futex, &word, FUTEX_WAKE_OP, 0, 0, &word, 0); }},
    Attempt{"futex_waitv", [] { call(SYS_futex_waitv, nullptr, 0, 0, nullptr, 0); }},
};

} // namespace

std::span<const Attempt> attempts()
{
    return everywhere;
}

std::span<const Attempt> attempts_of_guests()
{
    return of_guests;
}

} // namespace paravane::sandbox::test
