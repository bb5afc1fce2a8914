// SPDX-License-Identifier: Apache-2.0
//
// What the life cycle of backends has to know of a device. Two of one kind may differ in what they offer.
#pragma once

#include <cstdint>

extern "C" {
#include <paravane/device.h>
}

namespace paravane {

struct DeviceKind {
    const char *name;    // in the store
    const char *program; // of its backend
    pv_device_offer offer;
    uint32_t rings_min;
    uint32_t rings_max;
    uint32_t ports_min;
    uint32_t ports_max;
};

} // namespace paravane
