// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/events.hpp"

#include <bit>

#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/smp.hpp"

#include <paravane/errors.h>
extern "C" {
#include <paravane/shared_bits.h>
}

namespace keel::events {

namespace {

constexpr uint32_t word_bits = 64;

struct Entry {
    // Last set and first read: who finds it finds the rest.
    std::atomic<Handler::Function> function = nullptr;
    void *context = nullptr;
    std::atomic<uint32_t> vcpu = 0; // where it is raised
};

constinit std::array<Entry, PV_PORTS> entries = {};

uint64_t bit_of(Port port)
{
    return uint64_t{1} << (port.value % word_bits);
}

pv_shared word_at(std::size_t array, uint32_t word)
{
    return pv_shared_at(shared_at(start().event_area),
                        static_cast<uint32_t>(array + word * sizeof(uint64_t)));
}

pv_shared pending_of(Port port)
{
    return word_at(offsetof(pv_event_area, pending), port.value / word_bits);
}

pv_shared mask_of(Port port)
{
    return word_at(offsetof(pv_event_area, mask), port.value / word_bits);
}

pv_shared selector_of(uint32_t vcpu)
{
    return pv_shared_at(area_of(vcpu), offsetof(pv_vcpu_area, selector));
}

pv_shared upcall_of(uint32_t vcpu)
{
    return pv_shared_at(area_of(vcpu), offsetof(pv_vcpu_area, upcall));
}

// Its vCPU looks at the port again if it is pending.
void raise_again(Port port)
{
    const uint32_t vcpu = this_vcpu().id;

    if (!pending(port))
        return;
    if (entries[port.value].vcpu.load(std::memory_order_relaxed) == vcpu) {
        (void)pv_shared_set64(selector_of(vcpu), uint64_t{1} << (port.value / word_bits));
        (void)pv_shared_exchange32(upcall_of(vcpu), 1);
    } else {
        (void)hypercall::event(PV_EVENT_UNMASK, port.value);
    }
}

Bound adopt(int64_t result, uint32_t vcpu, const Handler &handler)
{
    if (result <= 0)
        return {{}, result};
    const Port port = {static_cast<uint32_t>(result)};
    entries[port.value].vcpu.store(vcpu, std::memory_order_relaxed);
    handle(port, handler);
    return {port, 0};
}

// Each port is looked at, however many of the others are raised again meanwhile.
bool scan_word(uint32_t word, uint32_t vcpu)
{
    const pv_shared pending_word = word_at(offsetof(pv_event_area, pending), word);
    const pv_shared mask_word = word_at(offsetof(pv_event_area, mask), word);
    bool found = false;

    for (uint64_t left = pv_shared_load64(pending_word); left != 0; left &= left - 1) {
        const uint64_t bit = left & (0 - left);
        Entry &entry = entries[word * word_bits + static_cast<uint32_t>(std::countr_zero(bit))];
        const Handler::Function function = entry.function.load(std::memory_order_acquire);

        // A port without a handler stays pending for who polls it, or sets a handler later. One that was
        // moved is its new vCPU's.
        if (function == nullptr || entry.vcpu.load(std::memory_order_relaxed) != vcpu ||
            (pv_shared_load64(mask_word) & bit) != 0)
            continue;
        // Whoever cleared it handles it: it may be seen on two vCPUs while it moves.
        if ((pv_shared_clear64(pending_word, bit) & bit) != 0) {
            function(entry.context);
            found = true;
        }
    }
    return found;
}

} // namespace

Bound bind_virq(pv_virq virq, uint32_t vcpu, const Handler &handler)
{
    return adopt(hypercall::event(PV_EVENT_BIND_VIRQ, virq, vcpu), vcpu, handler);
}

Bound bind_ipi(uint32_t vcpu, const Handler &handler)
{
    return adopt(hypercall::event(PV_EVENT_BIND_IPI, vcpu), vcpu, handler);
}

void handle(Port port, const Handler &handler)
{
    Entry &entry = entries[port.value];

    entry.function.store(nullptr, std::memory_order_relaxed);
    entry.context = handler.context;
    entry.function.store(handler.function, std::memory_order_seq_cst);
    raise_again(port);
}

int64_t move(Port port, uint32_t vcpu)
{
    const uint32_t before = entries[port.value].vcpu.exchange(vcpu);
    const int64_t result = hypercall::event(PV_EVENT_BIND_VCPU, port.value, vcpu);

    // The host raises what is pending at the new vCPU.
    if (result != 0)
        entries[port.value].vcpu.store(before);
    return result;
}

int64_t bind_direct(Port port, uint32_t number, const Handler &handler)
{
    Vcpu &vcpu = this_vcpu();

    if (number >= vcpu.direct.size())
        return -PV_EINVAL;
    const Handler before = vcpu.direct[number];
    // The loop that would look for it stands still meanwhile.
    vcpu.direct[number] = handler;
    const int64_t result = hypercall::event(PV_EVENT_BIND_DIRECT, port.value, vcpu.id, number);
    if (result != 0)
        vcpu.direct[number] = before;
    return result;
}

int64_t close(Port port)
{
    const int64_t result = hypercall::event(PV_EVENT_CLOSE, port.value);

    if (result == 0) {
        entries[port.value].function.store(nullptr);
        entries[port.value].vcpu.store(0);
        (void)pv_shared_clear64(mask_of(port), bit_of(port));
    }
    return result;
}

void mask(Port port)
{
    (void)pv_shared_set64(mask_of(port), bit_of(port));
}

void unmask(Port port)
{
    (void)pv_shared_clear64(mask_of(port), bit_of(port));
    raise_again(port);
}

bool pending(Port port)
{
    return (pv_shared_load64(pending_of(port)) & bit_of(port)) != 0;
}

bool take_pending(Port port)
{
    return (pv_shared_clear64(pending_of(port), bit_of(port)) & bit_of(port)) != 0;
}

void reset()
{
    (void)hypercall::event(PV_EVENT_RESET);
    for (uint32_t port = 1; port < PV_PORTS; port++) {
        entries[port].function.store(nullptr, std::memory_order_relaxed);
        entries[port].vcpu.store(0, std::memory_order_relaxed);
    }
    for (uint32_t word = 0; word < PV_PORT_WORDS; word++)
        (void)pv_shared_exchange64(word_at(offsetof(pv_event_area, mask), word), 0);
    for (uint32_t vcpu = 0; vcpu < smp::prepared(); vcpu++)
        event_loop::bind_ports(vcpu_at(vcpu));
}

bool scan()
{
    StackBlock &stack = this_stack();
    Vcpu &vcpu = *stack.vcpu;
    bool found = false;

    // The flag before the selector, and both before what they tell of: an event that is raised after
    // that sets them again.
    (void)pv_shared_exchange32(upcall_of(vcpu.id), 0);
    for (uint64_t words = pv_shared_exchange64(selector_of(vcpu.id), 0); words != 0;
         words &= words - 1)
        found = scan_word(static_cast<uint32_t>(std::countr_zero(words)), vcpu.id) || found;
    for (uint64_t direct = stack.direct.exchange(0); direct != 0; direct &= direct - 1) {
        const Handler &handler = vcpu.direct[static_cast<std::size_t>(std::countr_zero(direct))];
        if (handler.function != nullptr) {
            handler.function(handler.context);
            found = true;
        }
    }
    return found;
}

} // namespace keel::events
