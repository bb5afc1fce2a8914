// SPDX-License-Identifier: Apache-2.0
//
// A child process that never outlives its owner: killed when the object goes, and by the kernel when
// the parent dies.
#pragma once

#include <functional>
#include <string>

#include <sys/types.h>

namespace paravane::bench {

class Child {
  public:
    Child() = default;
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    Child(Child &&other) noexcept;
    Child &operator=(Child &&other) noexcept;
    ~Child();

    // Runs `body` in a forked child, which ends with the status that it returns. Not running: errno.
    [[nodiscard]] static Child start(const std::function<int()> &body);

    [[nodiscard]] bool running() const { return pid_ > 0; }
    // Readable once the child has ended.
    [[nodiscard]] int descriptor() const { return pidfd_; }

    // Waits for its end. What is wrong with that end, or empty.
    [[nodiscard]] std::string reap();

  private:
    pid_t pid_ = -1;
    int pidfd_ = -1;
};

} // namespace paravane::bench
