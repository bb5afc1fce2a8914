// SPDX-License-Identifier: Apache-2.0
//
// A notification between two processes: sticky, one bit wide for whoever waits.
#pragma once

#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace paravane::demo {

class Port {
  public:
    Port() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    Port(const Port &) = delete;
    Port &operator=(const Port &) = delete;
    ~Port()
    {
        if (fd_ >= 0)
            close(fd_);
    }

    [[nodiscard]] bool open() const { return fd_ >= 0; }

    // A full counter (the only error) is a notification too.
    void notify() const { (void)eventfd_write(fd_, 1); }

    // False: nobody notified within that time.
    [[nodiscard]] bool wait(int milliseconds) const
    {
        pollfd waiting = {fd_, POLLIN, 0};
        eventfd_t count = 0;

        return poll(&waiting, 1, milliseconds) == 1 && eventfd_read(fd_, &count) == 0;
    }

  private:
    int fd_;
};

} // namespace paravane::demo
