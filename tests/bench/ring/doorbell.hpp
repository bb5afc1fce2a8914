// SPDX-License-Identifier: Apache-2.0
//
// An event channel's port between two processes of one host: an eventfd.
#pragma once

#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace paravane::bench {

class Doorbell {
  public:
    Doorbell() : fd_(eventfd(0, EFD_CLOEXEC)) {}
    Doorbell(const Doorbell &) = delete;
    Doorbell &operator=(const Doorbell &) = delete;
    Doorbell(Doorbell &&) = delete;
    Doorbell &operator=(Doorbell &&) = delete;
    ~Doorbell()
    {
        if (fd_ >= 0)
            close(fd_);
    }

    [[nodiscard]] bool valid() const { return fd_ >= 0; }

    // Pending until somebody waits, however often it is rung.
    void ring() const { [[maybe_unused]] const int ignored = eventfd_write(fd_, 1); }

    void wait() const
    {
        eventfd_t count = 0;
        [[maybe_unused]] const int ignored = eventfd_read(fd_, &count);
    }

  private:
    int fd_;
};

} // namespace paravane::bench
