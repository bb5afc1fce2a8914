// SPDX-License-Identifier: Apache-2.0
//
// What a domain process may still do once its guest runs: what the guest's hypercalls, its supervisor's
// messages and the end need, and nothing else. It opens nothing, connects to nothing, starts nothing.
#pragma once

#include "hypercall/domain/carrier.hpp"

namespace paravane {

// After the vehicle is made, before its first vCPU starts. Makes the vehicle's threads. Does nothing but
// that where sanitizers are built in.
[[nodiscard]] Result<void> confine(Carrier &carrier);

} // namespace paravane
