// SPDX-License-Identifier: Apache-2.0
//
// Numbers, operations and arguments that are not there, of every hypercall; and those that are.
#include <paravane/errors.h>

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"

namespace keel::selftest {

namespace {

constexpr std::array<uint64_t, 6> absurd = {
    1000, INT32_MAX, UINT32_MAX, uint64_t{1} << 32, uint64_t{1} << 63, UINT64_MAX,
};

void unknown_numbers(Verdict &verdict)
{
    for (uint64_t number = PV_CALLS; number < hypercall::stubs; number++)
        KEEL_EXPECT_IS(hypercall::raw(number), -PV_ENOSYS);
}

void unknown_operations(Verdict &verdict)
{
    struct Known {
        uint64_t call;
        uint64_t operations;
    };
    constexpr std::array<Known, 5> known = {{
        {PV_CALL_VERSION, PV_VERSION_DOMAIN + 1},
        {PV_CALL_SCHED, PV_SCHED_OPS},
        {PV_CALL_EVENT, PV_EVENT_OPS},
        {PV_CALL_MEMORY, PV_MEMORY_OPS},
        {PV_CALL_VCPU, PV_VCPU_OPS},
    }};

    for (const Known &one : known) {
        KEEL_EXPECT_IS(hypercall::raw(one.call, {one.operations}), -PV_EINVAL);
        for (uint64_t operation : absurd)
            KEEL_EXPECT_IS(hypercall::raw(one.call, {operation}), -PV_EINVAL);
    }
    for (uint64_t operation : absurd)
        KEEL_EXPECT(hypercall::raw(PV_CALL_GRANT, {operation}) < 0);
}

void version(Verdict &verdict)
{
    KEEL_EXPECT_IS(hypercall::version(PV_VERSION_ABI), int64_t{PV_ABI_VERSION});
    KEEL_EXPECT_IS(hypercall::version(PV_VERSION_ABI), int64_t{start().abi_version});
    KEEL_EXPECT_IS(hypercall::version(PV_VERSION_DOMAIN), int64_t{start().domain});
    KEEL_EXPECT_IS(static_cast<uint64_t>(hypercall::version(PV_VERSION_FEATURES)),
                   start().features);
}

// Everything but the result and the two registers that stubs may use is as it was.
void registers_stay(Verdict &verdict)
{
    std::array<uint64_t, 12> before{};
    std::array<uint64_t, 12> after{};

    for (std::size_t i = 0; i < before.size(); i++)
        before[i] = 0x1111111111111111 * (i + 1);
    const uint64_t stub =
        virtual_of(start().hypercall_page) + uint64_t{PV_CALL_VERSION} * PV_STUB_SIZE;
    const std::array<uint64_t, 2> vector = {0x0123456789abcdef, 0xfedcba9876543210};
    std::array<uint64_t, 2> vector_after{};

    // rbx points at the values; rbp, which may be the frame's, is left alone.
    asm volatile("push %%rbx; push %[after]; push %[stub]\n"
                 "movdqu %[vector], %%xmm7\n"
                 "mov 0(%[before]), %%rdi; mov 8(%[before]), %%rsi; mov 16(%[before]), %%rdx\n"
                 "mov 24(%[before]), %%r8; mov 32(%[before]), %%r9; mov 40(%[before]), %%r10\n"
                 "mov 48(%[before]), %%r12; mov 56(%[before]), %%r13; mov 64(%[before]), %%r14\n"
                 "mov 72(%[before]), %%r15; xor %%eax, %%eax\n"
                 "call *(%%rsp)\n"
                 "add $8, %%rsp; pop %%rbx\n"
                 "mov %%rdi, 0(%%rbx); mov %%rsi, 8(%%rbx); mov %%rdx, 16(%%rbx)\n"
                 "mov %%r8, 24(%%rbx); mov %%r9, 32(%%rbx); mov %%r10, 40(%%rbx)\n"
                 "mov %%r12, 48(%%rbx); mov %%r13, 56(%%rbx); mov %%r14, 64(%%rbx)\n"
                 "mov %%r15, 72(%%rbx)\n"
                 "pop %%rbx\n"
                 :
                 : [before] "b"(before.data()), [after] "c"(after.data()), [stub] "a"(stub),
                   [vector] "m"(vector)
                 : "rdi", "rsi", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                   "xmm7", "memory", "cc");
    asm volatile("movdqu %%xmm7, %[vector]" : [vector] "=m"(vector_after));
    for (std::size_t i = 0; i < 10; i++)
        KEEL_EXPECT_IS(after[i], before[i]);
    KEEL_EXPECT_IS(vector_after[0], vector[0]);
    KEEL_EXPECT_IS(vector_after[1], vector[1]);
}

void set_callback(Verdict &verdict)
{
    KEEL_EXPECT_IS(hypercall::set_callback(PV_CALLBACKS, 0, 0, 0), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::set_callback(PV_CALLBACK_EXCEPTION, 32, 0, 0), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::set_callback(PV_CALLBACK_UPCALL, 1, 0, 0), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::set_callback(PV_CALLBACK_DIRECT, PV_DIRECT_EVENTS, 0, 0), -PV_EINVAL);
    for (uint64_t value : absurd) {
        KEEL_EXPECT_IS(hypercall::set_callback(value, 0, 0, 0), -PV_EINVAL);
        for (uint64_t kind = 0; kind < PV_CALLBACKS; kind++)
            KEEL_EXPECT_IS(hypercall::set_callback(kind, value, 0, 0), -PV_EINVAL);
    }
}

void vcpu(Verdict &verdict)
{
    KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_IS_UP, 0), int64_t{1});
    KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_IS_UP, start().vcpus), -PV_EINVAL);
    KEEL_EXPECT(hypercall::vcpu(PV_VCPU_UP, 0, number_of(nullptr), 0, 0) < 0);
    KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_RUNSTATE, 0, PV_RUNSTATES), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_RUNSTATE, start().vcpus, 0), -PV_EINVAL);
    KEEL_EXPECT(hypercall::vcpu(PV_VCPU_RUNSTATE, 0, PV_RUNSTATE_RUNNING) > 0);
    for (uint64_t value : absurd) {
        KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_UP, value), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_IS_UP, value), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_RUNSTATE, value, 0), -PV_EINVAL);
    }
}

constexpr std::array<Test, 6> tests = {{
    {"unknown-numbers", unknown_numbers},
    {"unknown-operations", unknown_operations},
    {"version", version},
    {"registers-stay", registers_stay},
    {"set-callback", set_callback},
    {"vcpu", vcpu},
}};

} // namespace

std::span<const Test> call_tests()
{
    return tests;
}

} // namespace keel::selftest
