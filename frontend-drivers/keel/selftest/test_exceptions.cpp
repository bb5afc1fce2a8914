// SPDX-License-Identifier: Apache-2.0
//
// Exceptions that are resumed: the kernel takes them on a stack of their own and goes on as if nothing
// had been.
#include <atomic>

#include "frontend-drivers/keel/address.hpp"
#include "frontend-drivers/keel/exceptions.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/keel/start.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

namespace keel::selftest {

namespace {

// What the last hooked exception was.
struct Seen {
    uint32_t count = 0;
    uint64_t vector = 0;
    uint64_t rip = 0;
    uint64_t stack = 0; // where the frame lay
};
Seen seen;

void note(const ExceptionFrame &frame)
{
    seen = {seen.count + 1, frame.vector, frame.rip, number_of(&frame)};
}

class Hooked {
  public:
    explicit Hooked(exceptions::Hook hook)
    {
        seen = {};
        exceptions::set_hook(hook);
    }
    Hooked(const Hooked &) = delete;
    Hooked &operator=(const Hooked &) = delete;
    ~Hooked() { exceptions::set_hook(nullptr); }
};

bool on_exception_stack(uint64_t address)
{
    const uint64_t block = number_of(&this_stack());
    return address > block && address < block + KEEL_EXCEPTION_STACK_TOP;
}

void breakpoint(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_CALLBACKS);
    const Hooked hooked([](ExceptionFrame &frame) {
        note(frame);
        return frame.vector == exceptions::breakpoint;
    });

    for (uint32_t i = 1; i <= 1000; i++) {
        asm volatile("int3");
        KEEL_EXPECT_IS(seen.count, i);
    }
    KEEL_EXPECT_IS(seen.vector, uint64_t{exceptions::breakpoint});
    KEEL_EXPECT(on_exception_stack(seen.stack));
}

void invalid_instruction(Verdict &verdict)
{
    constexpr uint64_t ud2_bytes = 2;
    KEEL_NEEDS(PV_FEATURE_CALLBACKS);
    const Hooked hooked([](ExceptionFrame &frame) {
        note(frame);
        frame.rip += ud2_bytes;
        return frame.vector == exceptions::invalid_opcode;
    });

    for (uint32_t i = 1; i <= 1000; i++) {
        asm volatile("ud2");
        KEEL_EXPECT_IS(seen.count, i);
    }
    KEEL_EXPECT_IS(seen.vector, uint64_t{exceptions::invalid_opcode});
}

// A store where there is nothing, tried again where there is something.
void page_fault(Verdict &verdict)
{
    static uint64_t target;
    KEEL_NEEDS(PV_FEATURE_CALLBACKS);
    const Hooked hooked([](ExceptionFrame &frame) {
        note(frame);
        frame.rdi = number_of(&target);
        return frame.vector == exceptions::page_fault;
    });
    constexpr uint64_t value = 0x1122334455667788;
    uint64_t nowhere = 0x1000;

    target = 0;
    asm volatile("mov %[value], (%[at])" : [at] "+D"(nowhere) : [value] "r"(value) : "memory");
    KEEL_EXPECT_IS(seen.count, uint32_t{1});
    KEEL_EXPECT_IS(target, value);
}

void registers_survive(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_CALLBACKS);
    // The hook itself uses vector registers.
    const Hooked hooked([](ExceptionFrame &frame) {
        note(frame);
        asm volatile("pxor %%xmm0, %%xmm0; pxor %%xmm15, %%xmm15" : : : "xmm0", "xmm15");
        return frame.vector == exceptions::breakpoint;
    });
    std::array<uint64_t, 4> after{};
    const std::array<uint64_t, 2> pattern = {0x0123456789abcdef, 0x1032547698badcfe};
    std::array<uint64_t, 2> first{};
    std::array<uint64_t, 2> last{};

    asm volatile("movdqu %[pattern], %%xmm0; movdqu %[pattern], %%xmm15\n"
                 "mov $1, %%r8d; mov $2, %%r9d; mov $3, %%r12d; mov $4, %%r15d\n"
                 "int3\n"
                 "mov %%r8, 0(%[after]); mov %%r9, 8(%[after])\n"
                 "mov %%r12, 16(%[after]); mov %%r15, 24(%[after])\n"
                 "movdqu %%xmm0, %[first]; movdqu %%xmm15, %[last]\n"
                 : [first] "=m"(first), [last] "=m"(last)
                 : [pattern] "m"(pattern), [after] "b"(after.data())
                 : "r8", "r9", "r12", "r15", "xmm0", "xmm15", "memory");
    for (uint64_t i = 0; i < after.size(); i++)
        KEEL_EXPECT_IS(after[i], i + 1);
    KEEL_EXPECT(first == pattern && last == pattern);
}

constexpr std::array<Test, 4> tests = {{
    {"exception-breakpoint", breakpoint},
    {"exception-invalid-instruction", invalid_instruction},
    {"exception-page-fault", page_fault},
    {"exception-registers", registers_survive},
}};

} // namespace

std::span<const Test> exception_tests()
{
    return tests;
}

} // namespace keel::selftest
