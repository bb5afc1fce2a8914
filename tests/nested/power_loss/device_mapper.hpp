// SPDX-License-Identifier: Apache-2.0
//
// A block device that the kernel's device mapper makes of others: one target over all of it.
#pragma once

#include <cstdint>
#include <string>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::nested {

class MappedDevice {
  public:
    // Active, and of so many sectors.
    [[nodiscard]] static Result<MappedDevice> make(const std::string &name, uint64_t sectors,
                                                   const std::string &target,
                                                   const std::string &parameters);
    MappedDevice(MappedDevice &&) = default;
    MappedDevice &operator=(MappedDevice &&) = delete;
    // Nobody has it open.
    ~MappedDevice();

    // In /dev.
    [[nodiscard]] const std::string &path() const { return path_; }
    // To its target.
    [[nodiscard]] Result<void> tell(const std::string &message) const;
    // Before its time: what the target has to do at its end is done then.
    [[nodiscard]] Result<void> remove();

  private:
    MappedDevice(UniqueFd control, std::string name)
        : control_(std::move(control)), name_(std::move(name))
    {
    }

    UniqueFd control_; // none: it is removed
    std::string name_;
    std::string path_;
};

} // namespace paravane::nested
