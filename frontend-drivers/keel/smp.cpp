// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/smp.hpp"

#include <concepts>
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

// Where its stack is empty, so nothing it left there matters.
void up(const Vcpu &vcpu)
{
    const int64_t result =
        hypercall::vcpu(PV_VCPU_UP, vcpu.id, number_of(std::bit_cast<void *>(&keel_start_vcpu)),
                        number_of(vcpu.stack) + KEEL_STACK_BLOCK, number_of(&vcpu));
    if (result != 0)
        panic("the host refused to start vCPU {}: error {}", vcpu.id, result);
}

template <std::predicate Condition> bool comes_true(const Condition &condition)
{
    const uint64_t deadline = clock::now() + patience;

    while (!condition()) {
        if (clock::now() > deadline)
            return false;
        hypercall::yield();
    }
    return true;
}

void make_vcpu(uint32_t id)
{
    void *memory = pages().allocate(PageAllocator::order_for(KEEL_STACK_BLOCK));

    if (memory == nullptr)
        panic("no memory for the stack of vCPU {}", id);
    auto *stack = ::new (memory) StackBlock;
    auto *vcpu = new Vcpu;
    prepare_vcpu(*vcpu, id, *stack);
    prepared_count.store(id + 1);
    event_loop::bind_ports(*vcpu);
    up(*vcpu);
}

} // namespace

void bring_up()
{
    if (!start().offers(PV_FEATURE_SMP))
        return;
    for (uint32_t id = 1; id < start().vcpus; id++)
        make_vcpu(id);
    if (!comes_true([] { return online() == prepared(); }))
        panic("{} of {} vCPUs started", online(), prepared());
}

bool take_down(uint32_t id)
{
    Vcpu &vcpu = vcpu_at(id);

    start_call(id, {[](void *) {
                        this_vcpu().online.store(false);
                        (void)hypercall::vcpu(PV_VCPU_DOWN);
                    },
                    nullptr});
    const bool down = comes_true([&] { return hypercall::vcpu(PV_VCPU_IS_UP, id) == 0; });
    // Its call has not returned and never will.
    vcpu.call.store(nullptr);
    return down;
}

bool start_again(uint32_t id)
{
    up(vcpu_at(id));
    return comes_true([&] { return vcpu_at(id).online.load(); });
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
