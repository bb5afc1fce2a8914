// SPDX-License-Identifier: Apache-2.0
//
// Interrupts at the worst of moments.
#include <paravane/errors.h>

#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/random_numbers.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/keel/smp.hpp"

extern "C" {
extern const char keel_interrupt_restore[];
extern const char keel_interrupt_return[];
extern const char keel_direct_entry[];
}

namespace keel::selftest {

namespace {

constexpr uint64_t kept = 0x1234567890abcdef;

// An interrupt that was taken at the last but one instruction of another: as the processor would, by
// two frames on the stack. The upper must be dropped: returning by it would fault. The result is rax
// behind both.
uint64_t interrupted_before_restore()
{
    uint64_t result = 0;

    asm volatile("mov %%rsp, %%rcx\n"
                 "mov %%ss, %%edx; push %%rdx; push %%rcx; pushfq\n"
                 "mov %%cs, %%edx; push %%rdx; lea 1f(%%rip), %%rdx; push %%rdx\n"
                 "push %[kept]; mov %%rsp, %%rcx\n"
                 "push $0; push %%rcx; push $0; push $0; push %[at]\n"
                 "xor %%eax, %%eax; jmp keel_upcall_entry\n"
                 "1:\n"
                 : "=a"(result)
                 : [kept] "r"(kept), [at] "r"(keel_interrupt_restore)
                 : "rcx", "rdx", "memory", "cc");
    return result;
}

// The same at the very last.
uint64_t interrupted_before_return()
{
    uint64_t result = 0;

    asm volatile("mov %%rsp, %%rcx\n"
                 "mov %%ss, %%edx; push %%rdx; push %%rcx; pushfq\n"
                 "mov %%cs, %%edx; push %%rdx; lea 1f(%%rip), %%rdx; push %%rdx\n"
                 "mov %%rsp, %%rcx\n"
                 "push $0; push %%rcx; push $0; push $0; push %[at]\n"
                 "mov %[kept], %%rax; jmp keel_upcall_entry\n"
                 "1:\n"
                 : "=a"(result)
                 : [kept] "r"(kept), [at] "r"(keel_interrupt_return)
                 : "rcx", "rdx", "memory", "cc");
    return result;
}

uint64_t stack_pointer()
{
    uint64_t result = 0;
    asm volatile("mov %%rsp, %[result]" : [result] "=r"(result));
    return result;
}

void take_the_place_of_others(Verdict &verdict)
{
    const pv_shared upcall = pv_shared_at(area_of(this_vcpu().id), offsetof(pv_vcpu_area, upcall));
    const uint64_t stack = stack_pointer();

    for (uint32_t i = 0; i < 100; i++) {
        (void)event_loop::turn();
        KEEL_EXPECT_IS(interrupted_before_restore(), kept);
        KEEL_EXPECT_IS(pv_shared_load_relaxed(upcall), uint32_t{1});
        (void)event_loop::turn();
        KEEL_EXPECT_IS(interrupted_before_return(), kept);
        KEEL_EXPECT_IS(pv_shared_load_relaxed(upcall), uint32_t{1});
        KEEL_EXPECT_IS(stack_pointer(), stack);
    }
    (void)event_loop::turn();
}

// Enters as the processor would. `int` itself is refused by some KVMs.
void raise_direct(uint32_t number)
{
    constexpr uint64_t entry_bytes = 32;

    asm volatile("mov %%rsp, %%rcx\n"
                 "mov %%ss, %%edx; push %%rdx; push %%rcx; pushfq\n"
                 "mov %%cs, %%edx; push %%rdx; lea 1f(%%rip), %%rdx; push %%rdx\n"
                 "jmp *%[entry]\n"
                 "1:\n"
                 :
                 : [entry] "r"(number_of(keel_direct_entry) + number * entry_bytes)
                 : "rcx", "rdx", "memory", "cc");
}

void direct_events(Verdict &verdict)
{
    std::array<uint32_t, PV_DIRECT_EVENTS> counts{};
    std::array<Handler, PV_DIRECT_EVENTS> &handlers = this_vcpu().direct;
    const std::array<Handler, PV_DIRECT_EVENTS> before = handlers;
    bool good = true;

    for (std::size_t i = 0; i < counts.size(); i++)
        handlers[i] = {[](void *counter) { ++*static_cast<uint32_t *>(counter); }, &counts[i]};
    for (uint32_t i = 0; i + 1 < counts.size() && good; i++) {
        raise_direct(i);
        raise_direct(i);
        raise_direct(static_cast<uint32_t>(counts.size()) - 1);
        good = event_loop::turn() && counts[i] == 1 && counts.back() == i + 1;
    }
    handlers = before;
    KEEL_EXPECT(good);
}

// Another vCPU that does nothing but raise a port of this one.
struct Storm {
    Port port;
    std::atomic<bool> over = false;
    uint32_t handled = 0;
};

void rage(void *of)
{
    auto &storm = *static_cast<Storm *>(of);

    while (!storm.over)
        (void)hypercall::send(storm.port);
}

uint32_t ports_in_use()
{
    uint32_t count = 0;

    for (uint32_t port = 1; port < PV_PORTS; port++)
        count += hypercall::event(PV_EVENT_STATUS, port) != PV_PORT_FREE ? 1U : 0U;
    return count;
}

uint64_t sum_of_many(uint64_t seed)
{
    RandomNumbers random(seed);
    uint64_t sum = 0;

    for (uint32_t i = 0; i < 20'000; i++)
        sum = sum * 31 + random.next();
    return sum;
}

// Hypercalls under a storm: none is lost, or there would be an error, and none is run twice, or there
// would be ports that nobody has. Registers are as they were, or sums would differ.
void calls_in_a_storm(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_SMP);
    if (start().vcpus < 2)
        return verdict.skip("there is one vCPU");
    Storm storm;
    const auto bound =
        events::bind_ipi(0, {[](void *of) { static_cast<Storm *>(of)->handled++; }, &storm});
    KEEL_EXPECT(bound.good());
    storm.port = bound.port;
    const uint32_t before = ports_in_use();
    const uint64_t sum = sum_of_many(9);
    uint32_t wrong = 0;

    smp::start_call(1, {rage, &storm});
    for (uint32_t i = 0; i < 2000; i++) {
        (void)event_loop::turn();
        const int64_t port = hypercall::event(PV_EVENT_ALLOC_UNBOUND, 0);
        (void)event_loop::turn();
        wrong += port > 0 ? 0U : 1U;
        wrong += hypercall::event(PV_EVENT_CLOSE, static_cast<uint64_t>(port)) == 0 ? 0U : 1U;
        if (i % 100 == 0)
            wrong += sum_of_many(9) == sum ? 0U : 1U;
    }
    storm.over = true;
    while (!smp::finished(1))
        hypercall::yield();
    KEEL_EXPECT_IS(ports_in_use(), before);
    KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
    KEEL_EXPECT_IS(wrong, uint32_t{0});
    KEEL_EXPECT(storm.handled > 0);
}

constexpr std::array<Test, 3> tests = {{
    {"interrupt-direct", direct_events},
    {"interrupt-nested", take_the_place_of_others},
    {"interrupt-storm", calls_in_a_storm},
}};

} // namespace

std::span<const Test> interrupt_tests()
{
    return tests;
}

} // namespace keel::selftest
