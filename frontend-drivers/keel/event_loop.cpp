// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/event_loop.hpp"

#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/panic.hpp"
#include "frontend-drivers/keel/smp.hpp"

namespace keel::event_loop {

namespace {

Port must_bind(const events::Bound &bound, std::string_view what)
{
    if (!bound.good())
        panic("the host refused the port of the {}: error {}", what, bound.error);
    return bound.port;
}

// Tells the host of the earliest deadline, if it changed.
void set_timer(Vcpu &vcpu)
{
    const uint64_t next = vcpu.timers.next_deadline();

    if (next == vcpu.timer_set)
        return;
    vcpu.timer_set = next;
    (void)hypercall::set_timer(next);
}

} // namespace

void bind_ports(Vcpu &vcpu)
{
    // The loop looks at the timers in each turn, so the port has only to wake it. The host has forgotten
    // the deadline when it raises it.
    vcpu.timer_port = must_bind(
        events::bind_virq(PV_VIRQ_TIMER, vcpu.id,
                          {[](void *of) { static_cast<Vcpu *>(of)->timer_set = 0; }, &vcpu}),
        "timer");
    vcpu.call_port = must_bind(events::bind_ipi(vcpu.id, {smp::answer_call, &vcpu}), "call");
}

bool turn()
{
    Vcpu &vcpu = this_vcpu();
    bool found = events::scan();

    if (vcpu.timers.next_deadline() != 0)
        found = vcpu.timers.run_due(clock::now()) > 0 || found;
    return found;
}

void turn_or_block()
{
    if (turn())
        return;
    set_timer(this_vcpu());
    hypercall::block();
}

void run()
{
    for (;;)
        turn_or_block();
}

} // namespace keel::event_loop
