// SPDX-License-Identifier: Apache-2.0
//
// What a disk's next request waits for by order: first the rates of its disk, then those of its group, so that
// it takes from the group no earlier than its disk would let it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "backend/engine/budget_share.hpp"

namespace paravane::blk {

class Throttle {
  public:
    static constexpr uint64_t never = UINT64_MAX;
    // Who waits looks so often whether the rates have changed.
    static constexpr uint64_t longest_wait_ns = 100000000;

    // In their order.
    explicit Throttle(std::vector<BudgetShare> shares) : shares_(std::move(shares)) { look(); }

    // Takes note of changed rates: for a batch of requests.
    void look()
    {
        limits_ = false;
        for (std::size_t share = 0; share < shares_.size(); share++) {
            if (shares_[share].look() && share == at_)
                taken_ = false;
            limits_ = limits_ || shares_[share].limits();
        }
        if (!limits_)
            let_go();
    }
    // False: everything may begin.
    [[nodiscard]] bool limits() const { return limits_; }

    // Whether the next request may begin. One that may not is asked about again before any other.
    [[nodiscard]] bool lets(uint64_t bytes, uint64_t now)
    {
        for (; at_ < shares_.size(); at_++) {
            if (!taken_)
                from_ = shares_[at_].take(bytes, now);
            taken_ = now < from_;
            if (taken_) {
                again_ = std::min(from_, now + longest_wait_ns);
                return false;
            }
        }
        let_go();
        return true;
    }
    // When to look again, and ask; never: nobody waits.
    [[nodiscard]] uint64_t again() const { return again_; }

  private:
    void let_go()
    {
        at_ = 0;
        taken_ = false;
        again_ = never;
    }

    std::vector<BudgetShare> shares_;
    bool limits_ = false;
    // Of the request that waits.
    std::size_t at_ = 0;
    bool taken_ = false; // from that one, for `from_`
    uint64_t from_ = 0;
    uint64_t again_ = never;
};

} // namespace paravane::blk
