// SPDX-License-Identifier: Apache-2.0
//
// x86-64 has a switch of its own: swapcontext() makes two system calls, which would cost more than
// all the rest of an explored step. Elsewhere it serves.
#include "fiber.hpp"

#include "explorer/explorer.hpp"

#include <cstdint>
#include <cstdlib>

#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define PV_EXPLORER_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define PV_EXPLORER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PV_EXPLORER_ASAN 1
#elif __has_feature(thread_sanitizer)
#define PV_EXPLORER_TSAN 1
#endif
#endif
#ifdef PV_EXPLORER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace paravane::explorer {

namespace {
constexpr std::size_t stack_bytes = 256UL * 1024;
constexpr std::size_t guard_bytes = 4096;
} // namespace

#if defined(__x86_64__)
// Saves the callee-saved registers on the stack that it leaves: void (void **save, void *to).
asm(R"(
    .text
    .p2align 4
    .type paravane_explorer_switch, @function
paravane_explorer_switch:
    endbr64
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size paravane_explorer_switch, .-paravane_explorer_switch
    .type paravane_explorer_first, @function
paravane_explorer_first:
    endbr64
    movq %r12, %rdi
    callq *%r13
    ud2
    .size paravane_explorer_first, .-paravane_explorer_first
)");
extern "C" void paravane_explorer_switch(void **save, void *to);
extern "C" void paravane_explorer_first();
#endif

// Abandoned frames never return, and ThreadSanitizer's copy of the call stack would grow for ever.
const char *unavailable()
{
#ifdef PV_EXPLORER_TSAN
    return "the explorer's fibers are not for ThreadSanitizer";
#else
    return nullptr;
#endif
}

Fiber *Fiber::leaving_ = nullptr;

struct Fiber::Machine {
#if defined(__x86_64__)
    void *stack_pointer = nullptr;
#else
    ucontext_t context{};
#endif
    char *stack = nullptr; // null for the fiber of the main stack
    const void *bottom = nullptr;
    std::size_t size = 0;
};

Fiber::Fiber() : machine_(std::make_unique<Machine>())
{
}

Fiber::~Fiber()
{
    if (machine_->stack != nullptr)
        munmap(machine_->stack, stack_bytes + guard_bytes);
}

void Fiber::arrived(void *fake_stack)
{
#ifdef PV_EXPLORER_ASAN
    // The bounds of the main stack are learned when it is left for the first time.
    Machine &left = *leaving_->machine_;
    __sanitizer_finish_switch_fiber(fake_stack, &left.bottom, &left.size);
#else
    (void)fake_stack;
#endif
}

#if !defined(__x86_64__)
void Fiber::enter_halves(unsigned high, unsigned low)
{
    const std::uint64_t self = (static_cast<std::uint64_t>(high) << 32) | low;
    enter(reinterpret_cast<Fiber *>(static_cast<std::uintptr_t>(self)));
}
#endif

void Fiber::enter(Fiber *self)
{
    arrived(nullptr);
    self->entry_(self->argument_);
    std::abort();
}

void Fiber::start(void (*entry)(void *), void *argument)
{
    Machine &machine = *machine_;
    if (machine.stack == nullptr) {
        void *memory = mmap(nullptr, stack_bytes + guard_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory, guard_bytes, PROT_NONE) != 0)
            std::abort();
        machine.stack = static_cast<char *>(memory);
        machine.bottom = machine.stack + guard_bytes;
        machine.size = stack_bytes;
    }
    entry_ = entry;
    argument_ = argument;
#ifdef PV_EXPLORER_ASAN
    __asan_unpoison_memory_region(machine.bottom, machine.size);
#endif
#if defined(__x86_64__)
    // What the switch pops: r15, r14, r13, r12, rbx, rbp, the return address; above it one word
    // that leaves the stack aligned as at any call.
    auto *top = reinterpret_cast<std::uintptr_t *>(
        static_cast<void *>(machine.stack + guard_bytes + stack_bytes));
    top -= 2;
    *--top = reinterpret_cast<std::uintptr_t>(&paravane_explorer_first);
    *--top = 0;
    *--top = 0;
    *--top = reinterpret_cast<std::uintptr_t>(this);
    *--top = reinterpret_cast<std::uintptr_t>(&Fiber::enter);
    *--top = 0;
    *--top = 0;
    machine.stack_pointer = top;
#else
    getcontext(&machine.context);
    machine.context.uc_stack.ss_sp = machine.stack + guard_bytes;
    machine.context.uc_stack.ss_size = stack_bytes;
    machine.context.uc_link = nullptr;
    // makecontext() passes ints only, so the pointer travels in two halves.
    const auto self = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this));
    makecontext(&machine.context, reinterpret_cast<void (*)()>(&enter_halves), 2,
                static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
#endif
}

void Fiber::switch_to(Fiber &from, Fiber &to)
{
    leaving_ = &from;
    void *fake_stack = nullptr;
#ifdef PV_EXPLORER_ASAN
    __sanitizer_start_switch_fiber(&fake_stack, to.machine_->bottom, to.machine_->size);
#endif
#if defined(__x86_64__)
    paravane_explorer_switch(&from.machine_->stack_pointer, to.machine_->stack_pointer);
#else
    swapcontext(&from.machine_->context, &to.machine_->context);
#endif
    arrived(fake_stack);
}

} // namespace paravane::explorer
