// SPDX-License-Identifier: Apache-2.0
//
// Where a vCPU's time goes. Its own thread writes; anybody may read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "hypercall/host/clock.hpp"
#include <paravane/hypercall.h>

namespace paravane {

class Runstate {
  public:
    void enter(pv_runstate state)
    {
        const uint64_t now = clock_now();
        const uint32_t old = state_.load(std::memory_order_relaxed);

        spent_[old].fetch_add(now - since_.load(std::memory_order_relaxed),
                              std::memory_order_relaxed);
        since_.store(now, std::memory_order_relaxed);
        state_.store(state, std::memory_order_release);
    }
    // ns, with what the present state has lasted; off by a change that happens meanwhile.
    [[nodiscard]] uint64_t spent(uint32_t state) const
    {
        const uint64_t until_now = state_.load(std::memory_order_acquire) == state
                                       ? clock_now() - since_.load(std::memory_order_relaxed)
                                       : 0;
        return spent_[state].load(std::memory_order_relaxed) + until_now;
    }

  private:
    std::array<std::atomic<uint64_t>, PV_RUNSTATES> spent_{};
    std::atomic<uint64_t> since_{clock_now()};
    std::atomic<uint32_t> state_{PV_RUNSTATE_OFFLINE};
};

} // namespace paravane
