// SPDX-License-Identifier: Apache-2.0
//
// The hypercalls of one step each: version, console_io, set_timer, set_callback, multicall.
#include <cstring>
#include <string>

#include "hypercall/host/calls.hpp"

namespace paravane {

Outcome call_version(Domain &domain, VcpuId /*vcpu*/, const Call &call)
{
    uint32_t what = 0;

    if (!Arguments(call).take(what).good())
        return {-PV_EINVAL};
    switch (what) {
    case PV_VERSION_ABI:
        return {PV_ABI_VERSION};
    case PV_VERSION_FEATURES:
        return {static_cast<int64_t>(domain.vehicle().features())};
    case PV_VERSION_DOMAIN:
        return {domain.settings().id.value};
    default:
        return {-PV_EINVAL};
    }
}

Outcome call_console_io(Domain &domain, VcpuId /*vcpu*/, const Call &call)
{
    GuestAddress from;
    uint32_t bytes = 0;

    if (!Arguments(call).take(from).take(bytes).good() || bytes > PV_CONSOLE_IO_MAX)
        return {-PV_EINVAL};
    std::array<unsigned char, PV_CONSOLE_IO_MAX> text{};
    if (!domain.memory().copy_out(std::span(text).first(bytes), from))
        return {-PV_EFAULT};
    const ConsoleAnswer answer =
        domain.host().console({reinterpret_cast<const char *>(text.data()), bytes});
    return {answer.taken ? int64_t{bytes} : 0, After::resume, answer.delay};
}

Outcome call_set_timer(Domain &domain, VcpuId vcpu, const Call &call)
{
    uint64_t deadline = 0;

    (void)Arguments(call).take(deadline);
    domain.host().set_timer(vcpu, deadline);
    return {0};
}

Outcome call_set_callback(Domain &domain, VcpuId vcpu, const Call &call)
{
    constexpr std::array<uint32_t, PV_CALLBACKS> counts = {32, 1, PV_DIRECT_EVENTS};
    Callback callback;

    if (!Arguments(call)
             .take(callback.kind, PV_CALLBACKS)
             .take(callback.which)
             .take(callback.address)
             .take(callback.stack)
             .good() ||
        callback.which >= counts[callback.kind])
        return {-PV_EINVAL};
    return {domain.vehicle().set_callback(vcpu, callback)};
}

namespace {

// Many in one itself, or one that sleeps or ends the vCPU: each is a call of its own.
bool stands_alone(const Call &call)
{
    return call.number == PV_CALL_MULTICALL || call.number == PV_CALL_SCHED ||
           call.number == PV_CALL_VCPU ||
           (call.number == PV_CALL_GRANT &&
            (call.argument[0] == PV_GRANT_COPY || call.argument[0] == PV_GRANT_REVOKE));
}

} // namespace

Outcome call_multicall(Domain &domain, VcpuId vcpu, const Call &call)
{
    GuestAddress at;
    uint32_t count = 0;

    if (!Arguments(call).take(at).take(count).good() || count > PV_MULTICALL_MAX)
        return {-PV_EINVAL};
    uint64_t delay = 0;
    for (uint32_t done = 0; done < count; done++, at.value += sizeof(pv_multicall)) {
        pv_multicall entry = {};
        // Room for the result first: what was carried out must be told.
        if (!domain.memory().writable(at, sizeof(entry)) || !domain.memory().read(at, entry))
            return {done > 0 ? int64_t{done} : -PV_EFAULT, After::resume, delay};
        Call one;
        one.number = pv_le64_get(entry.number);
        for (std::size_t i = 0; i < one.argument.size(); i++)
            one.argument[i] = pv_le64_get(entry.argument[i]);

        Outcome outcome = {-PV_EINVAL};
        if (!stands_alone(one))
            outcome = dispatch(domain, vcpu, one);
        delay += outcome.delay;
        entry.result = pv_le64_of(static_cast<uint64_t>(outcome.result));
        (void)domain.memory().write(at, entry);
    }
    return {count, After::resume, delay};
}

} // namespace paravane
