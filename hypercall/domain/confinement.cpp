// SPDX-License-Identifier: Apache-2.0
#include "hypercall/domain/confinement.hpp"

#include <csignal>
#include <vector>

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hypercall/kvm/machine.hpp"
#include "hypercall/kvm/vcpu.hpp"
#include "hypercall/sandbox/sandbox.hpp"

namespace paravane {

namespace {

using sandbox::allow;
using sandbox::AllowedCall;
using sandbox::equal_int;
using sandbox::masked;

// Whether private to the process or not, and against whichever clock.
constexpr uint64_t futex_operation = 0x7f;

// With ioctl numbers that the kernel compares in 32 bits.
constexpr AllowedCall control(unsigned int request)
{
    return allow(SYS_ioctl, {masked(1, 0xffffffff, request)});
}

constexpr AllowedCall file_control(int command)
{
    return allow(SYS_fcntl, {equal_int(1, command)});
}

// In the order of how often they are made.
constexpr std::array fixed = {
    // The guest runs, calls, and is woken.
    control(KVM_RUN),
    allow(SYS_futex, {masked(1, futex_operation, FUTEX_WAIT)}),
    allow(SYS_futex, {masked(1, futex_operation, FUTEX_WAKE)}),
    allow(SYS_futex, {masked(1, futex_operation, FUTEX_WAIT_BITSET)}),
    control(KVM_SIGNAL_MSI),
    allow(SYS_read),
    allow(SYS_write),
    allow(SYS_timerfd_settime),
    allow(SYS_rt_sigreturn),
    allow(SYS_sched_yield),
    allow(SYS_clock_gettime), // where the clock cannot be read without
    // The loop.
    allow(SYS_epoll_wait),
    allow(SYS_epoll_pwait),
    allow(SYS_epoll_ctl),
    allow(SYS_recvmsg),
    allow(SYS_sendmsg),
    // Ports, memory, and vCPUs come and go.
    allow(SYS_eventfd2),
    allow(SYS_dup),
    allow(SYS_close),
    control(KVM_IOEVENTFD),
    control(KVM_IRQFD),
    control(kvm::set_routing),
    control(KVM_SET_USER_MEMORY_REGION),
    control(KVM_SET_REGS),
    control(KVM_SET_MP_STATE),
    control(KVM_INTERRUPT), // where there are no interrupt controllers
    allow(SYS_fallocate),
    control(FIONBIO),
    file_control(F_GETFL),
    file_control(F_SETFL),
    // Pins for a backend.
    allow(SYS_memfd_create),
    allow(SYS_ftruncate),
    file_control(F_ADD_SEALS),
    file_control(F_GET_SEALS),
    file_control(F_DUPFD_CLOEXEC),
    // The C library's own.
    allow(SYS_mmap, {masked(2, PROT_EXEC, 0)}),
    allow(SYS_mprotect, {masked(2, PROT_EXEC, 0)}),
    allow(SYS_munmap),
    allow(SYS_mremap),
    allow(SYS_madvise),
    allow(SYS_brk),
    allow(SYS_rt_sigprocmask),
    allow(SYS_set_robust_list),
    allow(SYS_rseq),
    allow(SYS_sched_getaffinity),
    allow(SYS_getpid),
    allow(SYS_gettid),
    allow(SYS_restart_syscall),
    // The end.
    allow(SYS_wait4),
    allow(SYS_exit),
    allow(SYS_exit_group),
};

} // namespace

Result<void> confine(Carrier &carrier)
{
    if (!sandbox::suits_build) {
        carrier.begin();
        return {};
    }
    std::vector<AllowedCall> calls(fixed.begin(), fixed.end());
    // Signals only to our own threads, which they kick out of the guest, and to the guest's process.
    calls.push_back(
        allow(SYS_tgkill, {equal_int(0, getpid()), equal_int(2, kvm::Vcpu::kick_signal)}));
    if (carrier.pid() > 0)
        calls.push_back(allow(SYS_kill, {equal_int(0, carrier.pid()), equal_int(1, SIGKILL)}));

    if (Result<void> left = sandbox::leave_privileges(); !left)
        return left.error();
    carrier.begin();
    return sandbox::allow_only(calls);
}

} // namespace paravane
