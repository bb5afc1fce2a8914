// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "hypercall/host/calls.hpp"

namespace paravane {

namespace {

using Decoder = Outcome (*)(Domain &domain, VcpuId vcpu, const Call &call);

constexpr std::array<Decoder, PV_CALLS> decoders = [] {
    std::array<Decoder, PV_CALLS> table{};
    table[PV_CALL_VERSION] = call_version;
    table[PV_CALL_CONSOLE_IO] = call_console_io;
    table[PV_CALL_SCHED] = call_sched;
    table[PV_CALL_EVENT] = call_event;
    table[PV_CALL_GRANT] = call_grant;
    table[PV_CALL_MEMORY] = call_memory;
    table[PV_CALL_VCPU] = call_vcpu;
    table[PV_CALL_SET_TIMER] = call_set_timer;
    table[PV_CALL_SET_CALLBACK] = call_set_callback;
    table[PV_CALL_MULTICALL] = call_multicall;
    return table;
}();

} // namespace

Outcome dispatch(Domain &domain, VcpuId vcpu, const Call &call)
{
    if (call.number >= decoders.size())
        return {-PV_ENOSYS};
    return decoders[call.number](domain, vcpu, call);
}

} // namespace paravane
