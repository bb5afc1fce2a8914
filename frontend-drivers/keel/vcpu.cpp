// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/vcpu.hpp"

#include "frontend-drivers/keel/panic.hpp"

namespace keel {

namespace {

constinit std::array<Vcpu *, PV_VCPUS_MAX> vcpus = {};

// An overflow faults, and does not go on into the stack of exceptions.
void guard(const StackBlock &stack)
{
    if (!start().offers(PV_FEATURE_PROTECT))
        return;
    const int64_t result = hypercall::memory(
        PV_MEMORY_PROTECT, number_of(&stack) + KEEL_STACK_GUARD, PV_PAGE_SIZE, PV_PROTECT_READ);
    if (result != 0)
        panic("the host does not protect a stack: error {}", result);
}

} // namespace

StackBlock &this_stack()
{
    const uint64_t here = number_of(__builtin_frame_address(0));
    return *pointer_to<StackBlock>(here / KEEL_STACK_BLOCK * KEEL_STACK_BLOCK);
}

Vcpu &vcpu_at(uint32_t id)
{
    return *vcpus[id];
}

void prepare_vcpu(Vcpu &vcpu, uint32_t id, StackBlock &stack)
{
    vcpu.id = id;
    vcpu.stack = &stack;
    vcpus[id] = &vcpu;
    stack.vcpu = &vcpu;
    stack.upcall = area_of(id).address + offsetof(pv_vcpu_area, upcall);
    stack.direct.store(0, std::memory_order_relaxed);
    guard(stack);
}

pv_shared area_of(uint32_t vcpu)
{
    return pv_shared_at(
        shared_at(start().event_area),
        static_cast<uint32_t>(offsetof(pv_event_area, vcpu) + vcpu * sizeof(pv_vcpu_area)));
}

} // namespace keel
