// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/calls.hpp"

namespace paravane {

// There is no grant table yet: PV_FEATURE_ has no bit for it.
Outcome call_grant(Domain & /*domain*/, VcpuId /*vcpu*/, const Call & /*call*/)
{
    return {-PV_ENOSYS};
}

} // namespace paravane
