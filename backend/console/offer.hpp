// SPDX-License-Identifier: Apache-2.0
//
// What this backend can do, as the supervisor publishes it to frontends.
#pragma once

extern "C" {
#include <paravane/console.h>
#include <paravane/device.h>
}

namespace paravane::console {

inline constexpr pv_device_offer offer = {
    .version_min = 1, .version = PV_CONSOLE_VERSION, .features = 0};

} // namespace paravane::console
