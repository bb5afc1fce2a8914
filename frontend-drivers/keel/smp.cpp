// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/smp.hpp"

#include <new>

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/interrupts.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/panic.hpp"

extern "C" {
void keel_start_vcpu();
[[noreturn]] void keel_vcpu_main(keel::Vcpu *vcpu);
}

namespace keel::smp {

namespace {

constexpr uint64_t patience = 10 * clock::second;

std::atomic<uint32_t> prepared_count = 1;

void start_vcpu(uint32_t id)
{
    void *memory = pages().allocate(PageAllocator::order_for(KEEL_STACK_BLOCK));

    if (memory == nullptr)
        panic("no memory for the stack of vCPU {}", id);
    // Not its stacks, which need not be touched before they are used.
    auto *stack = ::new (memory) StackBlock;
    auto *vcpu = new Vcpu;
    prepare_vcpu(*vcpu, id, *stack);
    prepared_count.store(id + 1);
    event_loop::bind_ports(*vcpu);

    const int64_t result =
        hypercall::vcpu(PV_VCPU_UP, id, number_of(std::bit_cast<void *>(&keel_start_vcpu)),
                        number_of(stack) + KEEL_STACK_BLOCK, number_of(vcpu));
    if (result != 0)
        panic("the host refused to start vCPU {}: error {}", id, result);
}

} // namespace

void bring_up()
{
    if (!start().offers(PV_FEATURE_SMP))
        return;
    for (uint32_t id = 1; id < start().vcpus; id++)
        start_vcpu(id);
    const uint64_t deadline = clock::now() + patience;
    while (online() < prepared()) {
        if (clock::now() > deadline)
            panic("{} of {} vCPUs started", online(), prepared());
        hypercall::yield();
    }
}

uint32_t prepared()
{
    return prepared_count.load();
}

uint32_t online()
{
    uint32_t count = 0;

    for (uint32_t id = 0; id < prepared(); id++)
        count += vcpu_at(id).online.load() ? 1U : 0U;
    return count;
}

void start_call(uint32_t id, const Handler &function)
{
    Vcpu &vcpu = vcpu_at(id);

    vcpu.call_context.store(function.context);
    vcpu.call.store(function.function);
    if (const int64_t result = hypercall::send(vcpu.call_port); result != 0)
        panic("calling vCPU {}: error {}", id, result);
}

bool finished(uint32_t vcpu)
{
    return vcpu_at(vcpu).call.load() == nullptr;
}

void call(uint32_t vcpu, const Handler &function)
{
    if (vcpu == this_vcpu().id) {
        function.function(function.context);
        return;
    }
    start_call(vcpu, function);
    while (!finished(vcpu))
        hypercall::yield();
}

void call_each(const Handler &function)
{
    for (uint32_t id = 0; id < prepared(); id++)
        call(id, function);
}

void answer_call(void *context)
{
    auto *vcpu = static_cast<Vcpu *>(context);
    const Handler::Function function = vcpu->call.load();

    if (function == nullptr)
        return;
    function(vcpu->call_context.load());
    vcpu->call.store(nullptr);
}

} // namespace keel::smp

void keel_vcpu_main(keel::Vcpu *vcpu)
{
    keel::interrupts::take_over_exceptions();
    vcpu->online.store(true);
    keel::event_loop::run();
}
