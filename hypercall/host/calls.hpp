// SPDX-License-Identifier: Apache-2.0
//
// One function a hypercall: takes its arguments out of the registers, checks them, and does it.
#pragma once

#include "hypercall/host/domain.hpp"

namespace paravane {

[[nodiscard]] Outcome call_version(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_console_io(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_sched(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_event(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_grant(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_memory(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_vcpu(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_set_timer(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_set_callback(Domain &domain, VcpuId vcpu, const Call &call);
[[nodiscard]] Outcome call_multicall(Domain &domain, VcpuId vcpu, const Call &call);

// Any of them, by its number.
[[nodiscard]] Outcome dispatch(Domain &domain, VcpuId vcpu, const Call &call);

} // namespace paravane
