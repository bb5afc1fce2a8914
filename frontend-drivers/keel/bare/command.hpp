// SPDX-License-Identifier: Apache-2.0
//
// What the host asks the image for, a line each:
//   open virtio|nvme|ahci|ide [event-index] [indirect] [shadow-doorbells]
//   run tsc-khz=N [random=0|1] [read-percent=N] [bytes=N] [depth=N] [first=N] [sectors=N] [warm-up=NS]
//       [time=NS] [count=N] [seed=N] [latency=0|1] [verify=0|1]
//   end
// With `verify`, what is written says where it is, and what is read is looked at: see workload/verified.hpp.
// An answer begins with "ok" or "no". While a job runs, "begin" is said before it and "end" after it, so that
// the host can look at its processors' time then.
#pragma once

#include <cstdint>
#include <string_view>

#include "frontend-drivers/blk/workload/job.hpp"
#include "frontend-drivers/keel/bare/disk.hpp"

namespace keel::bare {

// The words of a line, one after another; an empty one is behind the last.
class WordReader {
  public:
    explicit WordReader(std::string_view text) : rest_(text) {}

    [[nodiscard]] std::string_view next();

  private:
    std::string_view rest_;
};

enum class DiskKind : uint8_t { none, virtio, nvme, ahci, ide };

struct OpenCommand {
    DiskKind disk = DiskKind::none;
    Features features;
};

struct RunCommand {
    workload::Job job;
    uint64_t tsc_khz = 0;
    bool verify = false;
};

// False: something in it is not known, or no number.
[[nodiscard]] bool parse(WordReader words, OpenCommand &command);
[[nodiscard]] bool parse(WordReader words, RunCommand &command);

} // namespace keel::bare
