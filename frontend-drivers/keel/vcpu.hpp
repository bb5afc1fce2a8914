// SPDX-License-Identifier: Apache-2.0
//
// What belongs to one vCPU. It lies at the head of the vCPU's stacks (stack_layout.h).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/stack_layout.h"
#include "frontend-drivers/keel/timers.hpp"
#include <paravane/event.h>

namespace keel {

struct Handler {
    using Function = void (*)(void *context);

    Function function = nullptr;
    void *context = nullptr;
};

struct StackBlock;

struct Vcpu {
    uint32_t id = 0;
    StackBlock *stack = nullptr;
    std::atomic<bool> online = false;
    TimerSet timers;
    uint64_t timer_set = 0; // the deadline that the host knows
    Port timer_port;
    Port call_port; // raised when `call` is filled in
    std::array<Handler, PV_DIRECT_EVENTS> direct{};

    // What another vCPU wants this one to do; null when it is done.
    std::atomic<Handler::Function> call = nullptr;
    std::atomic<void *> call_context = nullptr;
};

// Its stacks are left as they are when one is made: they need not be touched before they are used.
struct StackBlock { // NOLINT(cppcoreguidelines-pro-type-member-init)
    Vcpu *vcpu = nullptr;
    uint64_t upcall = 0;          // virtual address
    std::atomic<uint64_t> direct; // a bit for each direct event that has come
    std::array<std::byte, KEEL_STACK_BLOCK - 24> stacks;
};

static_assert(offsetof(StackBlock, vcpu) == KEEL_STACK_VCPU);
static_assert(offsetof(StackBlock, upcall) == KEEL_STACK_UPCALL);
static_assert(offsetof(StackBlock, direct) == KEEL_STACK_DIRECT);
static_assert(sizeof(StackBlock) == KEEL_STACK_BLOCK);

// The block of whoever calls this.
[[nodiscard]] StackBlock &this_stack();
[[nodiscard]] inline Vcpu &this_vcpu()
{
    return *this_stack().vcpu;
}

// By its number, which must be one of a vCPU that has been prepared.
[[nodiscard]] Vcpu &vcpu_at(uint32_t id);

// Makes a vCPU's data known, puts it at the head of its stacks, and guards them against their overflow.
void prepare_vcpu(Vcpu &vcpu, uint32_t id, StackBlock &stack);

// The area in which the host and this vCPU tell each other of events.
[[nodiscard]] pv_shared area_of(uint32_t vcpu);

} // namespace keel
