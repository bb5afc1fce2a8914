// SPDX-License-Identifier: Apache-2.0
//
// What a kind of device adds to the life cycle of its backends: the supervisor's ends of what one device's
// processes get besides memory and ports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "backend/supervisor/claim.hpp"
#include "backend/supervisor/signal.hpp"
#include "hypercall/control/cores.hpp"
#include "hypercall/host/result.hpp"

namespace paravane {

// What a guest reads of a device, besides what it reads of all.
struct DeviceProperty {
    const char *key;
    std::string value; // at most PV_DEVICE_VALUE_MAX bytes
};

class DeviceEnds {
  public:
    DeviceEnds() = default;
    DeviceEnds(const DeviceEnds &) = delete;
    DeviceEnds &operator=(const DeviceEnds &) = delete;
    virtual ~DeviceEnds() = default;

    [[nodiscard]] virtual std::vector<DeviceProperty> properties() const { return {}; }

    // For a process about to start: its descriptors, which stay ours until started(). resumed: it takes
    // over a connection where finish() has seen the last one leave it, and the claim is the same. The
    // Problem is told to the guest, whose claim may be its reason.
    [[nodiscard]] virtual Result<std::vector<int>> prepare(const Claim &claim, bool resumed) = 0;
    // The same of those that it begins with, as number 4 and on: for what no packet may carry.
    [[nodiscard]] virtual std::vector<int> inherited() const { return {}; }
    // Where it runs.
    [[nodiscard]] virtual Cores cores() const { return {}; }
    virtual void started() = 0;
    // The process is dead, and was seen to end before that. Comes back when nothing of its I/O is on its way,
    // with what is to be said of it.
    [[nodiscard]] virtual boost::asio::awaitable<std::string>
    drain(Signal::Clock::time_point /*ended*/)
    {
        co_return std::string();
    }
    // After that: takes in what it left.
    [[nodiscard]] virtual boost::asio::awaitable<void> finish() = 0;
    // How much all of them have done, in whatever unit: one that has done nothing more died for nothing.
    [[nodiscard]] virtual uint64_t progress() const = 0;
    // Nobody will go on where it was left: drain() waits no longer.
    virtual void abandon() {}
};

} // namespace paravane
