// SPDX-License-Identifier: Apache-2.0
//
// Standing still while the host saves or moves the guest, and beginning again after that.
#pragma once

#include <cstdint>

namespace keel {

// The connections' number now; start().epoch at boot.
[[nodiscard]] uint64_t guest_epoch();

// Sleeps until the host resumes the guest, and has all devices connected anew. Called by the first vCPU,
// and not from a handler. False: the host refuses.
bool suspend();

} // namespace keel
