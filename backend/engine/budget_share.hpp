// SPDX-License-Identifier: Apache-2.0
//
// One process's part in a shared budget. A rate is a clock that runs ahead of the real one by what was taken.
// Who takes is told from when on that is in order, and waits by himself: so each waits for his own time, in
// the order in which they took, and nobody who is quicker to wake takes what another has waited for. Exact in
// the long run whatever the sizes, for what is taken too early is owed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "backend/engine/shared_budget.hpp"

namespace paravane {

class BudgetShare {
  public:
    // Of a budget whose memory outlives it. `longest` bytes (at most 2^24) are taken at once at most.
    BudgetShare(const SharedBudget &budget, uint64_t longest)
        : rates_(&budget.rates()), use_(&budget.use()), longest_(longest)
    {
        read();
    }

    // True: the rates have changed. Who waits takes again.
    [[nodiscard]] bool look()
    {
        if (rates_->changed.load(std::memory_order_relaxed) == changed_)
            return false;
        read();
        return true;
    }
    // As of the last look.
    [[nodiscard]] bool limits() const { return (operations_.rate | bytes_.rate) != 0; }

    // One operation's, of so many bytes. The time from when on it is in order.
    [[nodiscard]] uint64_t take(uint64_t bytes, uint64_t now)
    {
        const uint64_t operations_from = take(operations_, use_->operations_until, {1, 1}, now);
        const uint64_t bytes_from =
            take(bytes_, use_->bytes_until, {std::min(bytes, longest_), longest_}, now);

        return std::max(operations_from, bytes_from);
    }

  private:
    static constexpr uint64_t second = 1000000000;
    // More than that fail only where somebody writes there again and again.
    static constexpr int tries_max = 16;

    struct Rate {
        uint64_t rate = 0;
        uint64_t rest = 0; // of a division
    };
    struct Amount {
        uint64_t taken;
        uint64_t longest;
    };

    void read()
    {
        changed_ = rates_->changed.load(std::memory_order_acquire);
        operations_ = {rates_->operations.load(std::memory_order_relaxed)};
        bytes_ = {rates_->bytes.load(std::memory_order_relaxed)};
        burst_ = rates_->burst_ns.load(std::memory_order_relaxed);
        sharers_ = rates_->sharers.load(std::memory_order_relaxed);
    }

    [[nodiscard]] uint64_t take(Rate &rate, std::atomic<uint64_t> &until, const Amount &amount,
                                uint64_t now) const
    {
        if (rate.rate == 0)
            return 0;
        const uint64_t cost = amount.taken * second + rate.rest;
        // Each of the others can wait for one, and one was let through too early. Whatever else it says
        // was not taken.
        const uint64_t latest = now + burst_ + sharers_ * (amount.longest * second / rate.rate + 1);
        // What was not used is not saved up, the burst apart.
        const auto in_range = [=](uint64_t time) { return std::clamp(time, now, latest); };

        rate.rest = cost % rate.rate;
        set_right(until, in_range);
        // An addition cannot fail: whatever others do meanwhile, nothing that somebody took is lost.
        const uint64_t from =
            in_range(until.fetch_add(cost / rate.rate, std::memory_order_relaxed));
        return from - std::min(from, burst_);
    }

    // If not, then because others did or took: it is behind by no more than the time since.
    template <typename InRange>
    static void set_right(std::atomic<uint64_t> &until, const InRange &in_range)
    {
        uint64_t seen = until.load(std::memory_order_relaxed);

        for (int tries = 0; tries < tries_max && seen != in_range(seen); tries++)
            if (until.compare_exchange_weak(seen, in_range(seen), std::memory_order_relaxed))
                return;
    }

    const BudgetRates *rates_;
    BudgetUse *use_;
    uint64_t longest_;
    // Own copies.
    uint64_t changed_ = 0;
    Rate operations_;
    Rate bytes_;
    uint64_t burst_ = 0;
    uint64_t sharers_ = 1;
};

// One of each, for who takes at most `longest` bytes at once.
[[nodiscard]] inline std::vector<BudgetShare> shares_of(const std::vector<SharedBudget> &budgets,
                                                        uint64_t longest)
{
    std::vector<BudgetShare> shares;

    shares.reserve(budgets.size());
    for (const SharedBudget &budget : budgets)
        shares.emplace_back(budget, longest);
    return shares;
}

} // namespace paravane
