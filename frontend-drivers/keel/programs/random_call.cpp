// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/programs/random_call.hpp"

#include <array>
#include <new>

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/start.hpp"

namespace keel::program {

namespace {

constexpr uint64_t poll_at_most = 20 * clock::microsecond;
// Far from anything that is mapped.
constexpr uint64_t unused_virtual = PV_GUEST_VIRTUAL_BASE + (uint64_t{1} << 42);

} // namespace

uint64_t RandomCalls::value()
{
    switch (random_.below(6)) {
    case 0:
        return random_.below(8);
    case 1:
        return random_.below(PV_PORTS + 2);
    case 2:
        return uint64_t{1} << random_.below(64);
    case 3:
        return (uint64_t{1} << random_.below(64)) - 1;
    case 4:
        return 0 - random_.below(PV_PAGE_SIZE);
    default:
        return random_.next();
    }
}

uint64_t RandomCalls::address()
{
    const uint64_t ram_end = start().ram_base.value + start().ram_bytes;

    switch (random_.below(8)) {
    case 0:
        return PV_HOST_PAGES + random_.below(PV_HOST_PAGES_SIZE);
    case 1:
        return PV_HOST_PAGES + PV_HOST_PAGES_SIZE + random_.below(PV_PAGE_SIZE);
    case 2:
        return PV_SYSTEM_PAGES + random_.below(PV_PAGE_SIZE);
    case 3:
        return ram_end >= PV_HOST_PAGES ? UINT64_MAX : ram_end + random_.below(PV_PAGE_SIZE);
    case 4:
        return 0 - random_.below(64);
    case 5:
        return (uint64_t{1} << 60) + random_.next() / 32;
    default:
        // Its first half, so that no structure of a call reaches past its end.
        return guest_address_of(scratch_.data()).value + random_.below(scratch_.size() / 2);
    }
}

hypercall::Arguments RandomCalls::sched()
{
    switch (random_.below(4)) {
    case 0:
        return {PV_SCHED_YIELD, value(), value()};
    case 1: {
        // Not without an end, and not for long.
        const uint64_t deadline = clock::now() + random_.below(poll_at_most);
        return {PV_SCHED_POLL, address(), value(), deadline};
    }
    case 2:
        // A reason or a status that is none.
        return random_.below(2) == 0
                   ? hypercall::Arguments{PV_SCHED_SHUTDOWN, PV_SHUTDOWNS + value() / 2, value()}
                   : hypercall::Arguments{PV_SCHED_SHUTDOWN, value() % PV_SHUTDOWNS,
                                          256 + value() / 2};
    default:
        // Never a suspend: nobody would resume it.
        return {PV_SCHED_OPS + value() / 2, value(), value()};
    }
}

hypercall::Arguments RandomCalls::event()
{
    const uint64_t op = random_.below(PV_EVENT_OPS + 1);

    if (op == PV_EVENT_DOORBELL)
        return {op, value(), address()};
    return {op == PV_EVENT_OPS ? value() | PV_EVENT_OPS << 2 : op, value(), value(), value()};
}

hypercall::Arguments RandomCalls::memory()
{
    const uint64_t scratch = guest_address_of(scratch_.data()).value;
    const uint64_t half = scratch_.size() / 2;
    const uint64_t from = scratch + half + random_.below(half);
    const uint64_t left = scratch + scratch_.size() - from;

    switch (random_.below(6)) {
    case 0:
        return {PV_MEMORY_REGION, value(), address()};
    case 1:
        // Pages of the scratch block, often enough.
        return {random_.below(2) == 0 ? PV_MEMORY_POPULATE : PV_MEMORY_RELEASE,
                scratch + half + random_.below(half / PV_PAGE_SIZE) * PV_PAGE_SIZE, PV_PAGE_SIZE};
    case 2:
        return {random_.below(2) == 0 ? PV_MEMORY_POPULATE : PV_MEMORY_RELEASE, from,
                random_.below(left + 1)};
    case 3:
        return {PV_MEMORY_MAP, unused_virtual + value() / 4, address(), value(), value()};
    case 4:
        return {random_.below(2) == 0 ? PV_MEMORY_UNMAP : PV_MEMORY_PROTECT,
                unused_virtual + value() / 4, value(), value()};
    default:
        return {PV_MEMORY_OPS + value() / 2, value(), value(), value(), value()};
    }
}

hypercall::Arguments RandomCalls::vcpu()
{
    switch (random_.below(4)) {
    case 0:
        // All are up already, or are not there.
        return {PV_VCPU_UP, random_.below(2) == 0 ? 0 : start().vcpus + value() / 2, value(),
                value(), value()};
    case 1:
        return {PV_VCPU_IS_UP, value()};
    case 2:
        return {PV_VCPU_RUNSTATE, value(), value()};
    default:
        return {PV_VCPU_OPS + value() / 2, value(), value(), value(), value()};
    }
}

// Of itself, often enough, and of the first entries, of which some may be granted.
hypercall::Arguments RandomCalls::grant()
{
    const uint64_t domain = random_.below(2) == 0 ? start().domain : value();
    const uint64_t number = random_.below(2) == 0 ? random_.below(4) : value();

    switch (random_.below(6)) {
    case 0:
        return {PV_GRANT_MAP, domain, number, unused_virtual + value() / 4, random_.below(4)};
    case 1:
        return {PV_GRANT_UNMAP, unused_virtual + value() / 4};
    case 2:
    case 3:
        return {PV_GRANT_COPY, copies(domain, number), random_.below(4)};
    case 4:
        // Not for long, if what is mapped there is to be waited for.
        return {PV_GRANT_REVOKE, number, random_.below(poll_at_most)};
    default:
        return {value(), value(), value(), value(), value()};
    }
}

// Some that make sense, or an address where there are none.
uint64_t RandomCalls::copies(uint64_t domain, uint64_t number)
{
    constexpr std::size_t count = 4;
    // Not where a multicall's entries are.
    auto *copies = std::bit_cast<pv_grant_copy *>(&scratch_[scratch_.size() / 4]);

    if (random_.below(4) == 0)
        return address();
    for (std::size_t i = 0; i < count; i++)
        copies[i] = {pv_le32_of(static_cast<uint32_t>(domain)),
                     pv_le32_of(static_cast<uint32_t>(number)),
                     pv_le64_of(value()),
                     pv_le64_of(address()),
                     pv_le32_of(static_cast<uint32_t>(random_.below(64))),
                     pv_le32_of(static_cast<uint32_t>(random_.below(3)))};
    return guest_address_of(copies).value;
}

// Kinds and numbers that are not there: those that are would lead the kernel astray.
hypercall::Arguments RandomCalls::callback()
{
    switch (random_.below(4)) {
    case 0:
        return {PV_CALLBACK_EXCEPTION, 32 + value() / 2, value(), value()};
    case 1:
        return {PV_CALLBACK_UPCALL, 1 + value() / 2, value(), value()};
    case 2:
        return {PV_CALLBACK_DIRECT, PV_DIRECT_EVENTS + value() / 2, value(), value()};
    default:
        return {PV_CALLBACKS + value() / 2, value(), value(), value()};
    }
}

hypercall::Arguments RandomCalls::multicall()
{
    // In a multicall it is an entry like any other, and refused.
    if (nested_ || random_.below(4) == 0)
        return {random_.below(2) == 0 ? PV_SYSTEM_PAGES : UINT64_MAX, value()};

    auto *calls = std::bit_cast<pv_multicall *>(scratch_.data());
    const uint64_t count = random_.below(8);
    nested_ = true;
    for (uint64_t i = 0; i < count; i++) {
        const RandomCall call = next();
        calls[i] = {pv_le64_of(call.number),
                    {pv_le64_of(call.arguments.a), pv_le64_of(call.arguments.b),
                     pv_le64_of(call.arguments.c), pv_le64_of(call.arguments.d),
                     pv_le64_of(call.arguments.e)},
                    pv_le64_of(value()),
                    pv_le64_of(0)};
    }
    nested_ = false;
    return {guest_address_of(calls).value, count};
}

hypercall::Arguments RandomCalls::arguments_of(uint64_t number)
{
    switch (number) {
    case PV_CALL_CONSOLE_IO:
        // Nothing that would be read as our words: what is refused, or is no text.
        return random_.below(2) == 0 ? hypercall::Arguments{UINT64_MAX - random_.below(4096), 4096}
                                     : hypercall::Arguments{address(), 4097 + value() / 2};
    case PV_CALL_SCHED:
        return sched();
    case PV_CALL_EVENT:
        return event();
    case PV_CALL_GRANT:
        return grant();
    case PV_CALL_MEMORY:
        return memory();
    case PV_CALL_VCPU:
        return vcpu();
    case PV_CALL_SET_CALLBACK:
        return callback();
    case PV_CALL_MULTICALL:
        return multicall();
    default:
        return {value(), value(), value(), value(), value()};
    }
}

RandomCall RandomCalls::next()
{
    RandomCall call;

    // Most of the time one that there is.
    call.number = random_.below(8) == 0 ? random_.below(hypercall::stubs) : random_.below(PV_CALLS);
    call.arguments = arguments_of(call.number);
    return call;
}

} // namespace keel::program
