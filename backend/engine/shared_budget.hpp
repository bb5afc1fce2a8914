// SPDX-License-Identifier: Apache-2.0
//
// Rates that several processes keep together, in memory that the supervisor makes. What the rates are it alone
// can write. Until when they are used up each of the processes writes, and may write anything: what is read
// there is taken for a number, never for the truth, see budget_share.hpp.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/engine/host_memory.hpp"
#include "hypercall/host/result.hpp"

namespace paravane {

// A second's. 0: as many as there are.
struct Rates {
    static constexpr uint64_t usual_burst = 100000000;
    // Of a burst, and of a rate: so that sums of times fit.
    static constexpr uint64_t burst_max = 10000000000;
    static constexpr uint64_t rate_max = 1000000000000;

    uint64_t operations = 0;
    uint64_t bytes = 0;
    uint64_t burst_ns = usual_burst; // so much of each may come at once

    [[nodiscard]] bool operator==(const Rates &) const = default;
};

struct BudgetRates {
    // When they were set; another time for each change.
    std::atomic<uint64_t> changed = 0;
    std::atomic<uint64_t> operations = 0;
    std::atomic<uint64_t> bytes = 0;
    std::atomic<uint64_t> burst_ns = 0;
    std::atomic<uint64_t> sharers = 1; // processes at once, at most
};

// Until when each rate is used up, in ns of the clock.
struct BudgetUse {
    std::atomic<uint64_t> operations_until = 0;
    std::atomic<uint64_t> bytes_until = 0;
};

class SharedBudget {
  public:
    static constexpr uint32_t sharers_max = 256;

    // Without limits. For so many processes at once, at most.
    [[nodiscard]] static Result<SharedBudget> create(uint32_t sharers);
    // What a supervisor has given us, as it is in fds().
    [[nodiscard]] static Result<SharedBudget> adopt(UniqueFd rates, UniqueFd use);

    [[nodiscard]] const BudgetRates &rates() const
    {
        return *reinterpret_cast<const BudgetRates *>(rates_.data());
    }
    [[nodiscard]] BudgetUse &use() const { return *reinterpret_cast<BudgetUse *>(use_.data()); }
    [[nodiscard]] std::array<int, 2> fds() const { return {rates_.fd(), use_.fd()}; }

    // By who made it. From now on. What of a burst was used stays used; what is owed beyond that is forgiven, and
    // who waits begins anew.
    void limit(const Rates &rates, uint64_t now);
    [[nodiscard]] const Rates &limits() const { return limits_; }

  private:
    SharedBudget(HostMemory rates, HostMemory use) : rates_(std::move(rates)), use_(std::move(use))
    {
    }

    HostMemory rates_;
    HostMemory use_;
    Rates limits_; // of who made it
};

// Each is two of them, as in fds().
[[nodiscard]] Result<std::vector<SharedBudget>> adopt_budgets(std::span<UniqueFd> fds);

} // namespace paravane
