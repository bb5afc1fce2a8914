// SPDX-License-Identifier: Apache-2.0
//
// A processor for this thread and another one for a second thread: on one processor they would wait for
// the scheduler, not for each other.
#pragma once

#include <sched.h>

namespace paravane::probe {

// Holds this thread on one processor as long as it lives. Threads that are started meanwhile must call
// take_other() first.
class TwoProcessors {
  public:
    TwoProcessors();
    TwoProcessors(const TwoProcessors &) = delete;
    TwoProcessors &operator=(const TwoProcessors &) = delete;
    ~TwoProcessors();

    // Whether this process may use two of them, and this thread has its own.
    explicit operator bool() const { return held_; }
    // For the second thread.
    void take_other() const;

  private:
    cpu_set_t before_ = {};
    cpu_set_t other_ = {};
    bool held_ = false;
};

} // namespace paravane::probe
