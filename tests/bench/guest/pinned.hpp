// SPDX-License-Identifier: Apache-2.0
//
// Holds the calling thread on one processor. Threads and processes that it starts meanwhile stay there.
#pragma once

#include <sched.h>

namespace paravane::bench {

class Pinned {
  public:
    explicit Pinned(int core)
    {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(static_cast<unsigned int>(core), &set);
        held_ = sched_getaffinity(0, sizeof(before_), &before_) == 0 &&
                sched_setaffinity(0, sizeof(set), &set) == 0;
    }
    Pinned(const Pinned &) = delete;
    Pinned &operator=(const Pinned &) = delete;
    ~Pinned()
    {
        if (held_)
            (void)sched_setaffinity(0, sizeof(before_), &before_);
    }

  private:
    cpu_set_t before_ = {};
    bool held_ = false;
};

} // namespace paravane::bench
