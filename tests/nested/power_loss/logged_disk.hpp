// SPDX-License-Identifier: Apache-2.0
//
// A disk that forgets: a loop device, beneath something that takes its time with writes and less with flushes, so
// that flushes overtake them, beneath what logs every write once it could not be lost any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device_mapper.hpp"

namespace paravane::nested {

class LoggedDisk {
  public:
    // Of zeroes. The loop device has as many sectors at least, and a ram disk has room for the log.
    [[nodiscard]] static Result<std::unique_ptr<LoggedDisk>> make(uint64_t sectors);

    [[nodiscard]] const std::string &path() const { return logged_.path(); }
    [[nodiscard]] bool mark(uint64_t number) const
    {
        return logged_.tell("mark " + std::to_string(number)).has_value();
    }
    // The log is complete. Nobody has the disk open.
    [[nodiscard]] Result<void> end_log() { return logged_.remove(); }
    // What lies on the medium.
    [[nodiscard]] std::vector<std::byte> content() const;

    static const char *const log_device;

  private:
    LoggedDisk(uint64_t sectors, MappedDevice slow, MappedDevice logged)
        : sectors_(sectors), slow_(std::move(slow)), logged_(std::move(logged))
    {
    }

    uint64_t sectors_;
    MappedDevice slow_;
    MappedDevice logged_;
};

} // namespace paravane::nested
