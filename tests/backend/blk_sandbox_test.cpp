// SPDX-License-Identifier: Apache-2.0
//
// What a disk's process can no longer do: tried by that process itself, which a tracer makes call what it
// never would; and counted, in the filter that its kernel holds.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <set>
#include <thread>

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "blk_bench.hpp"
#include "hypercall/sandbox/sandbox.hpp"

namespace paravane::backend_test {
namespace {

constexpr std::size_t calls_max = 20;

class BlkSandbox : public testing::Test {
  public:
    void SetUp() override
    {
        if (!sandbox::suits_build)
            GTEST_SKIP() << "this build has no sandbox";
    }

    // Asleep, and stopped there by this process.
    static bool stop(const BlkProcess &process)
    {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        int status = 0;
        return ptrace(PTRACE_SEIZE, process.pid(), nullptr, nullptr) == 0 &&
               ptrace(PTRACE_INTERRUPT, process.pid(), nullptr, nullptr) == 0 &&
               waitpid(process.pid(), &status, 0) == process.pid() && WIFSTOPPED(status);
    }
};

// ---- the filter ----

using Program = std::vector<sock_filter>;

// Whether a call can be allowed, whatever its arguments; null: the accumulator holds one of those.
bool may_pass(const Program &program, std::size_t at, uint32_t number,
              std::optional<uint32_t> value)
{
    for (; at < program.size(); at++) {
        const sock_filter &step = program[at];
        switch (BPF_CLASS(step.code)) {
        case BPF_LD:
            if (step.k == offsetof(seccomp_data, nr))
                value = number;
            else if (step.k == offsetof(seccomp_data, arch))
                value = AUDIT_ARCH_X86_64;
            else
                value = std::nullopt;
            break;
        case BPF_ALU:
            value = value && BPF_OP(step.code) == BPF_AND ? std::optional(*value & step.k)
                                                          : std::nullopt;
            break;
        case BPF_JMP: {
            if (BPF_OP(step.code) == BPF_JA) {
                at += step.k;
                break;
            }
            if (!value)
                return may_pass(program, at + 1 + step.jt, number, value) ||
                       may_pass(program, at + 1 + step.jf, number, value);
            const bool taken = BPF_OP(step.code) == BPF_JEQ   ? *value == step.k
                               : BPF_OP(step.code) == BPF_JGE ? *value >= step.k
                               : BPF_OP(step.code) == BPF_JGT ? *value > step.k
                                                              : (*value & step.k) != 0;
            at += taken ? step.jt : step.jf;
            break;
        }
        case BPF_RET:
            return step.k == SECCOMP_RET_ALLOW;
        default:
            value = std::nullopt;
            break;
        }
    }
    return false;
}

TEST_F(BlkSandbox, LeavesItFewCalls)
{
    BlkBench bench(BlkDisk::of_file(1 << 20));
    bench.begin();
    ASSERT_TRUE(stop(*bench.process)) << strerror(errno);
    const long length = ptrace(PTRACE_SECCOMP_GET_FILTER, bench.process->pid(), 0, nullptr);
    if (length <= 0) {
        (void)ptrace(PTRACE_DETACH, bench.process->pid(), nullptr, nullptr);
        GTEST_SKIP() << "this kernel does not show filters: " << strerror(errno);
    }
    Program program(static_cast<std::size_t>(length));
    ASSERT_EQ(ptrace(PTRACE_SECCOMP_GET_FILTER, bench.process->pid(), 0, program.data()), length);
    EXPECT_LT(ptrace(PTRACE_SECCOMP_GET_FILTER, bench.process->pid(), 1, nullptr), 0)
        << "there is one";
    (void)ptrace(PTRACE_DETACH, bench.process->pid(), nullptr, nullptr);
    std::set<uint32_t> allowed;
    for (uint32_t number = 0; number < 1024; number++)
        if (may_pass(program, 0, number, std::nullopt))
            allowed.insert(number);
    EXPECT_LE(allowed.size(), calls_max);
    EXPECT_TRUE(allowed.contains(SYS_io_uring_enter));
    for (const long number : {SYS_openat, SYS_read, SYS_pwrite64, SYS_ioctl, SYS_execve, SYS_clone,
                              SYS_socket, SYS_io_uring_setup, SYS_io_uring_register, SYS_kill,
                              SYS_ptrace, SYS_mprotect, SYS_fallocate, SYS_ftruncate})
        EXPECT_FALSE(allowed.contains(static_cast<uint32_t>(number))) << number;
    std::printf("%zu system calls\n", allowed.size());
    bench.end();
}

// ---- attempts ----

struct Call {
    const char *name;
    unsigned long long number;
    std::array<unsigned long long, 6> arguments;
};

// Has the process make the call. Its wait status, or none: it lives on.
std::optional<int> status_after(BlkProcess &process, const Call &call)
{
    user_regs_struct registers{};
    iovec place = {&registers, sizeof(registers)};
    const pid_t pid = process.pid();

    EXPECT_EQ(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &place), 0);
    // It sleeps in a call: the instruction is the one before.
    registers.rip -= 2;
    EXPECT_EQ(ptrace(PTRACE_PEEKTEXT, pid, registers.rip, nullptr) & 0xffff, 0x050f);
    registers.rax = call.number;
    registers.orig_rax = ~0ULL;
    registers.rdi = call.arguments[0];
    registers.rsi = call.arguments[1];
    registers.rdx = call.arguments[2];
    registers.r10 = call.arguments[3];
    registers.r8 = call.arguments[4];
    registers.r9 = call.arguments[5];
    EXPECT_EQ(ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &place), 0);
    EXPECT_EQ(ptrace(PTRACE_DETACH, pid, nullptr, nullptr), 0);
    if (!process.ends(1000))
        return std::nullopt;
    return process.end();
}

TEST_F(BlkSandbox, KillsWhoMakesAnother)
{
    const std::array calls = {
        Call{"getppid", SYS_getppid, {}},
        Call{"openat", SYS_openat, {static_cast<unsigned long long>(AT_FDCWD), 0, O_RDONLY}},
        Call{"read", SYS_read, {0, 0, 0}},
        Call{"pread64", SYS_pread64, {5, 0, 0, 0}},
        Call{"pwrite64", SYS_pwrite64, {5, 0, 0, 0}},
        Call{"fallocate", SYS_fallocate, {5, 0, 0, 1}},
        Call{"ioctl", SYS_ioctl, {5, 0, 0}},
        Call{"fcntl", SYS_fcntl, {5, F_GETFL, 0}},
        Call{"dup", SYS_dup, {5}},
        Call{"kill", SYS_kill, {1, 0}},
        Call{"fork", SYS_fork, {}},
        Call{"clone", SYS_clone, {SIGCHLD, 0, 0, 0, 0}},
        Call{"execve", SYS_execve, {0, 0, 0}},
        Call{"socket", SYS_socket, {2, 1, 0}},
        Call{"ptrace", SYS_ptrace, {0, 0, 0, 0}},
        Call{"io_uring_setup", SYS_io_uring_setup, {1, 0}},
        Call{"io_uring_register", SYS_io_uring_register, {4, 0, 0, 0}},
        Call{"mprotect", SYS_mprotect, {0, 4096, PROT_EXEC}},
        Call{"executable memory",
             SYS_mmap,
             {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0}},
        Call{"memory of a file", SYS_mmap, {0, 4096, PROT_READ, MAP_SHARED, 5, 0}},
        Call{"another ring", SYS_io_uring_enter, {0, 0, 0, 0, 0, 0}},
        Call{"another socket", SYS_sendmsg, {0, 0, 0}},
        Call{"another write", SYS_write, {2, 0, 8}},
        Call{"seccomp", SYS_seccomp, {0, 0, 0}},
        Call{"of 32 bits' pointers", SYS_exit_group | 0x40000000ULL, {0}},
    };
    for (const Call &call : calls) {
        BlkBench bench(BlkDisk::of_file(1 << 20));
        bench.begin();
        ASSERT_TRUE(stop(*bench.process)) << strerror(errno);
        const std::optional<int> status = status_after(*bench.process, call);
        EXPECT_TRUE(status && WIFSIGNALED(*status) && WTERMSIG(*status) == SIGSYS)
            << call.name << ": " << (status ? std::to_string(*status) : "it lives on");
    }
}

// Every call that the filter allows, and every condition on its arguments that it does not. What the call
// does to the process is another matter.
bool may_call(const Call &call)
{
    BlkBench bench(BlkDisk::of_file(1 << 20));

    bench.begin();
    EXPECT_TRUE(BlkSandbox::stop(*bench.process)) << strerror(errno);
    const std::optional<int> status = status_after(*bench.process, call);
    return !status || !WIFSIGNALED(*status) || WTERMSIG(*status) != SIGSYS;
}

constexpr unsigned long long anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr unsigned long long readable = PROT_READ | PROT_WRITE;

TEST_F(BlkSandbox, AllowsWhatItNeeds)
{
    for (const Call &call :
         {Call{"recvmsg", SYS_recvmsg, {3, 0, 0}}, Call{"sendmsg", SYS_sendmsg, {3, 0, 0}},
          Call{"clock_gettime", SYS_clock_gettime, {CLOCK_MONOTONIC, 0}}, Call{"brk", SYS_brk, {0}},
          Call{"mmap", SYS_mmap, {0, 4096, readable, anonymous, ~0ULL, 0}},
          Call{"munmap", SYS_munmap, {1, 4096}}, Call{"close", SYS_close, {1023}},
          Call{"sched_yield", SYS_sched_yield, {}},
          Call{"restart_syscall", SYS_restart_syscall, {}},
          Call{"exit_group", SYS_exit_group, {0}}})
        EXPECT_TRUE(may_call(call)) << call.name;
}

TEST_F(BlkSandbox, LooksAtArguments)
{
    for (const Call &call :
         {Call{"another clock", SYS_clock_gettime, {CLOCK_REALTIME, 0}},
          Call{"a process's clock", SYS_clock_gettime, {~0ULL - 6, 0}},
          Call{"memory at a place of its own",
               SYS_mmap,
               {0x10000, 4096, readable, anonymous | MAP_FIXED, ~0ULL, 0}},
          Call{
              "shared memory", SYS_mmap, {0, 4096, readable, MAP_SHARED | MAP_ANONYMOUS, ~0ULL, 0}},
          Call{"a private file", SYS_mmap, {0, 4096, PROT_READ, MAP_PRIVATE, 5, 0}},
          Call{"memory to execute alone", SYS_mmap, {0, 4096, PROT_EXEC, anonymous, ~0ULL, 0}},
          Call{"another supervisor", SYS_recvmsg, {4, 0, 0}}})
        EXPECT_FALSE(may_call(call)) << call.name;
}

// Of all descriptors it has, by number, as `number` of these calls takes them.
std::set<unsigned long long> allowed_descriptors(unsigned long long number,
                                                 unsigned long long third)
{
    constexpr unsigned long long descriptors = 18;
    std::set<unsigned long long> allowed;

    for (unsigned long long fd = 0; fd < descriptors; fd++) {
        if (may_call({"", number, {fd, 0, third, 0, 0, 0}}))
            allowed.insert(fd);
    }
    return allowed;
}

TEST_F(BlkSandbox, NamesTheDescriptorsOfEachCall)
{
    using Descriptors = std::set<unsigned long long>;
    const Descriptors written = allowed_descriptors(SYS_write, sizeof(uint64_t));

    // The event of an unpin.
    ASSERT_EQ(written.size(), 1U);
    EXPECT_FALSE(may_call({"", SYS_write, {*written.begin(), 0, 9}}));
    EXPECT_FALSE(may_call({"", SYS_write, {*written.begin(), 0, 0}}));
    const Descriptors rings = allowed_descriptors(SYS_io_uring_enter, 0);
    EXPECT_EQ(rings.size(), 2U) << "the data ring and the loop's";
    EXPECT_TRUE(rings.contains(4));
    EXPECT_EQ(allowed_descriptors(SYS_sendmsg, 0), Descriptors{3});
    EXPECT_EQ(allowed_descriptors(SYS_recvmsg, 0), Descriptors{3});
}

TEST_F(BlkSandbox, LeavesItNoPrivileges)
{
    BlkBench bench(BlkDisk::of_file(1 << 20));
    bench.begin();
    EXPECT_EQ(status_of(bench.process->pid(), "Seccomp"), "2");
    EXPECT_EQ(status_of(bench.process->pid(), "NoNewPrivs"), "1");
    EXPECT_EQ(status_of(bench.process->pid(), "CapEff"), "0000000000000000");
    EXPECT_EQ(status_of(bench.process->pid(), "CapPrm"), "0000000000000000");
    EXPECT_EQ(status_of(bench.process->pid(), "Threads"), "1");
    bench.end();
}

} // namespace
} // namespace paravane::backend_test
