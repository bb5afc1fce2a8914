// SPDX-License-Identifier: Apache-2.0
//
// What the life cycle of backends has to know of a kind of device, and what a kind adds to it.
#pragma once

#include <cstdint>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "hypercall/host/result.hpp"

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
    uint32_t ports;
};

// The supervisor's ends of what one device's processes get besides memory and ports.
class DeviceEnds {
  public:
    DeviceEnds() = default;
    DeviceEnds(const DeviceEnds &) = delete;
    DeviceEnds &operator=(const DeviceEnds &) = delete;
    virtual ~DeviceEnds() = default;

    // For a process about to start: its descriptors, which stay ours until started(). resumed: it takes
    // over a connection where finish() has seen the last one leave it.
    [[nodiscard]] virtual Result<std::vector<int>> prepare(bool resumed) = 0;
    virtual void started() = 0;
    // The process is dead: takes in what it left.
    [[nodiscard]] virtual boost::asio::awaitable<void> finish() = 0;
};

} // namespace paravane
