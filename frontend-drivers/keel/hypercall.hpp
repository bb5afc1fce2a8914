// SPDX-License-Identifier: Apache-2.0
//
// The hypercalls, typed. Results are 0 or more, or a negative error of errors.h.
#pragma once

#include <cstdint>

#include "frontend-drivers/keel/address.hpp"
#include "frontend-drivers/keel/start.hpp"
#include <paravane/event.h>
#include <paravane/grant.h>
#include <paravane/hypercall.h>

namespace keel {

struct Port {
    uint32_t value = 0; // 0: none
    auto operator<=>(const Port &) const = default;
};

} // namespace keel

namespace keel::hypercall {

// Any number below the count of stubs that a page holds.
constexpr uint64_t stubs = PV_PAGE_SIZE / PV_STUB_SIZE;

struct Arguments {
    uint64_t a = 0;
    uint64_t b = 0;
    uint64_t c = 0;
    uint64_t d = 0;
    uint64_t e = 0;
};

[[nodiscard]] inline int64_t raw(uint64_t number, const Arguments &arguments = {})
{
    const uint64_t stub = virtual_of(start().hypercall_page) + number * PV_STUB_SIZE;
    uint64_t result = number;
    register uint64_t d asm("r10") = arguments.d;
    register uint64_t e asm("r8") = arguments.e;

    asm volatile("call *%[stub]"
                 : "+a"(result)
                 : [stub] "b"(stub), "D"(arguments.a), "S"(arguments.b), "d"(arguments.c), "r"(d),
                   "r"(e)
                 : "rcx", "r11", "memory", "cc");
    return static_cast<int64_t>(result);
}

[[nodiscard]] inline int64_t version(uint64_t what)
{
    return raw(PV_CALL_VERSION, {what});
}

[[nodiscard]] inline int64_t console_io(GuestAddress text, uint64_t bytes)
{
    return raw(PV_CALL_CONSOLE_IO, {text.value, bytes});
}

inline void yield()
{
    (void)raw(PV_CALL_SCHED, {PV_SCHED_YIELD});
}

// Sleeps until an event; returns at once where the vCPU's `upcall` is set.
inline void block()
{
    (void)raw(PV_CALL_SCHED, {PV_SCHED_BLOCK});
}

[[nodiscard]] inline int64_t poll(GuestAddress ports, uint64_t count, uint64_t deadline)
{
    return raw(PV_CALL_SCHED, {PV_SCHED_POLL, ports.value, count, deadline});
}

[[noreturn]] inline void shutdown(pv_shutdown reason, uint32_t status)
{
    for (;;)
        (void)raw(PV_CALL_SCHED, {PV_SCHED_SHUTDOWN, reason, status});
}

// Sleeps until the host resumes the guest: the epoch from then on.
[[nodiscard]] inline int64_t suspend()
{
    return raw(PV_CALL_SCHED, {PV_SCHED_SUSPEND});
}

[[nodiscard]] inline int64_t event(pv_event_op op, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0)
{
    return raw(PV_CALL_EVENT, {op, a, b, c});
}

[[nodiscard]] inline int64_t send(Port port)
{
    return event(PV_EVENT_SEND, port.value);
}

[[nodiscard]] inline int64_t grant(pv_grant_op op, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0,
                                   uint64_t d = 0)
{
    return raw(PV_CALL_GRANT, {op, a, b, c, d});
}

[[nodiscard]] inline int64_t memory(pv_memory_op op, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0,
                                    uint64_t d = 0)
{
    return raw(PV_CALL_MEMORY, {op, a, b, c, d});
}

[[nodiscard]] inline int64_t vcpu(pv_vcpu_op op, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0,
                                  uint64_t d = 0)
{
    return raw(PV_CALL_VCPU, {op, a, b, c, d});
}

[[nodiscard]] inline int64_t set_timer(uint64_t deadline)
{
    return raw(PV_CALL_SET_TIMER, {deadline});
}

// handler and stack are virtual addresses.
[[nodiscard]] inline int64_t set_callback(uint64_t kind, uint64_t which, uint64_t handler,
                                          uint64_t stack)
{
    return raw(PV_CALL_SET_CALLBACK, {kind, which, handler, stack});
}

[[nodiscard]] inline int64_t multicall(GuestAddress calls, uint64_t count)
{
    return raw(PV_CALL_MULTICALL, {calls.value, count});
}

} // namespace keel::hypercall
