// SPDX-License-Identifier: Apache-2.0
//
// What the device mapper's target `log-writes` has logged: every write, once it could not be lost any more.
// That is when a flush was completed that was begun after the write's completion, or at the write's own
// completion if it had FUA; the order is that of these moments. Marks are where they were made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::nested {

struct LogEntry {
    uint64_t sector = 0;
    uint64_t sectors = 0;
    bool flush = false;
    bool fua = false;
    bool discard = false;
    std::optional<std::string> mark;
    std::vector<std::byte> data;
};

class WriteLog {
  public:
    // Complete once the target is removed.
    [[nodiscard]] static Result<WriteLog> open(const std::string &device);

    [[nodiscard]] uint64_t entries() const { return entries_; }
    // Those that are left to read; a problem if the log is not one.
    [[nodiscard]] uint64_t left() const { return left_; }
    [[nodiscard]] Result<LogEntry> next();

  private:
    explicit WriteLog(UniqueFd device) : device_(std::move(device)) {}
    [[nodiscard]] bool read(uint64_t sector, void *to, std::size_t bytes) const;

    UniqueFd device_;
    uint64_t entries_ = 0;
    uint64_t left_ = 0;
    uint64_t sector_ = 1; // of the next one
};

} // namespace paravane::nested
