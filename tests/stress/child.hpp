// SPDX-License-Identifier: Apache-2.0
//
// A process of our own that cannot outlive us, and memory that the two have in common.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.hpp"

namespace paravane::stress {

class Child {
  public:
    Child() = default;
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    Child(Child &&other) noexcept { swap(other); }
    Child &operator=(Child &&other) noexcept
    {
        Child(std::move(other)).swap(*this);
        return *this;
    }
    ~Child()
    {
        if (pid_ > 0) {
            kill_now();
            reap();
        }
    }

    // Runs `body` in a child, whose exit status is what it returns. Only while there is one thread.
    template <typename Body> [[nodiscard]] static Child start(Body &&body)
    {
        const pid_t parent = getpid();
        Child child;
        std::fflush(stdout);
        child.pid_ = fork();
        if (child.pid_ < 0)
            fail("fork: %s", std::strerror(errno));
        if (child.pid_ == 0) {
            // The parent may have died before we asked to die with it.
            if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
                _exit(1);
            _exit(body());
        }
        child.pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, child.pid_, 0));
        if (child.pidfd_ < 0)
            cannot("pidfd_open", errno);
        return child;
    }

    // Readable once the child has ended.
    [[nodiscard]] int pidfd() const { return pidfd_; }

    void kill_now() const { kill(pid_, SIGKILL); }

    // Waits for its end, and returns the status as waitpid() does.
    int reap()
    {
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0)
            if (errno != EINTR)
                fail("waitpid: %s", std::strerror(errno));
        close(pidfd_);
        pid_ = -1;
        pidfd_ = -1;
        return status;
    }

  private:
    void swap(Child &other) noexcept
    {
        std::swap(pid_, other.pid_);
        std::swap(pidfd_, other.pidfd_);
    }

    pid_t pid_ = -1;
    int pidfd_ = -1;
};

// A T, at first all zero, for this process and those that it forks later. Nothing destroys the T.
template <typename T> class Common {
  public:
    Common()
        : memory_(
              mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    {
        if (memory_ == MAP_FAILED)
            fail("mmap: %s", std::strerror(errno));
        object_ = new (memory_) T();
    }
    Common(const Common &) = delete;
    Common &operator=(const Common &) = delete;
    Common(Common &&) = delete;
    Common &operator=(Common &&) = delete;
    ~Common() { munmap(memory_, sizeof(T)); }

    T &operator*() const { return *object_; }
    T *operator->() const { return object_; }

  private:
    void *memory_;
    T *object_ = nullptr;
};

} // namespace paravane::stress
