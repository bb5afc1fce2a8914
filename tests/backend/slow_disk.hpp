// SPDX-License-Identifier: Apache-2.0
//
// A disk that is slow for some processes: the kernel throttles them, so that what they have begun is on its way
// for long, and goes on when they are dead.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <sys/types.h>

namespace paravane::backend_test {

class SlowDisk {
  public:
    // The one that the file lies on, unless it is cached. Null: this host has no such means, or not for us.
    [[nodiscard]] static std::unique_ptr<SlowDisk> make(int file, uint64_t bytes_a_second);
    SlowDisk(const SlowDisk &) = delete;
    SlowDisk &operator=(const SlowDisk &) = delete;
    // The processes have ended.
    ~SlowDisk();

    // False: it is as fast as before.
    [[nodiscard]] bool slow_down(pid_t process) const;

  private:
    SlowDisk() = default;

    std::string mounted_; // empty: not
    std::string group_;
};

} // namespace paravane::backend_test
