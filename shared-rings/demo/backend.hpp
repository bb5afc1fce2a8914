// SPDX-License-Identifier: Apache-2.0
//
// The adder's backend: a process of its own that serves one device until it is told to stop or dies.
#pragma once

#include <sys/types.h>

#include "device.hpp"
#include "log.hpp"

namespace paravane::demo {

// A child process, killed and reaped with its owner.
class BackendProcess {
  public:
    BackendProcess() = default;
    BackendProcess(const BackendProcess &) = delete;
    BackendProcess &operator=(const BackendProcess &) = delete;
    ~BackendProcess() { kill(); }

    // A first backend, or the successor of one that died: `log` tells it where to go on.
    [[nodiscard]] bool start(const Device &device, LogContents &log);
    // SIGKILL: it gets no chance to put anything in order.
    void kill();
    // Waits for it to end by itself; true when it did so without complaint.
    [[nodiscard]] bool finish();

  private:
    pid_t pid_ = -1;
};

} // namespace paravane::demo
