// SPDX-License-Identifier: Apache-2.0
//
// An event channel port, played by an eventfd: one sticky bit and no order of memory.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.hpp"
#include "report.hpp"

namespace paravane::stress {

class Port {
  public:
    Port() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {
        if (fd_ < 0)
            cannot("eventfd", errno);
    }
    Port(const Port &) = delete;
    Port &operator=(const Port &) = delete;
    Port(Port &&) = delete;
    Port &operator=(Port &&) = delete;
    ~Port() { close(fd_); }

    [[nodiscard]] int fd() const { return fd_; }

    // By bare system calls: ThreadSanitizer takes the C library's write() and read() of one
    // descriptor for an order between threads, and would not miss a barrier that is not there.
    void notify() const
    {
        const uint64_t one = 1;
        if (syscall(SYS_write, fd_, &one, sizeof(one)) < 0 && errno != EAGAIN)
            fail("notify: %s", std::strerror(errno));
    }

    // True when a notification was there. It is gone then.
    [[nodiscard]] bool consume() const
    {
        uint64_t count = 0;
        return syscall(SYS_read, fd_, &count, sizeof(count)) == sizeof(count);
    }

    // False: nobody notified in so many milliseconds.
    [[nodiscard]] bool wait(int milliseconds) const
    {
        const int64_t ends = now_ms() + milliseconds;
        for (int64_t left = milliseconds; left >= 0; left = ends - now_ms()) {
            pollfd event = {fd_, POLLIN, 0};
            if (poll(&event, 1, static_cast<int>(left)) < 0 && errno != EINTR)
                fail("poll: %s", std::strerror(errno));
            if (consume())
                return true;
        }
        return false;
    }

  private:
    int fd_;
};

} // namespace paravane::stress
