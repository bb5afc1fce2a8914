// SPDX-License-Identifier: Apache-2.0
//
// The two directories of a device in the store: the frontend's, which its guest writes, and the backend's,
// which it can only read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backend/store/store.hpp"
#include "hypercall/host/result.hpp"

extern "C" {
#include <paravane/device.h>
}

namespace paravane {

class DeviceDirectory {
  public:
    // The store outlives it.
    DeviceDirectory(Store &store, const char *kind, DomainId guest, uint32_t number);
    DeviceDirectory(const DeviceDirectory &) = delete;
    DeviceDirectory &operator=(const DeviceDirectory &) = delete;
    // The backend's goes with it.
    ~DeviceDirectory();

    [[nodiscard]] Result<void> make();
    // Into the backend's.
    void publish(std::string_view key, const std::string &value);
    void publish_state(pv_device_state state);
    // `sink` hears of every change in the frontend's, until this ends.
    [[nodiscard]] Result<void> watch(ChangeSink &sink);

    // The frontend's, of which every value is a stranger's word.
    [[nodiscard]] const std::string &front() const { return front_; }

  private:
    Store &store_;
    DomainId guest_;
    std::string front_;
    std::string back_;
    std::optional<WatchId> watch_;
};

} // namespace paravane
