// SPDX-License-Identifier: Apache-2.0
//
// A shared budget, processes that take from it, and a clock that is the test's own.
#pragma once

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "backend/engine/budget_share.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {

inline constexpr uint64_t second = 1000000000;
inline constexpr uint64_t millisecond = second / 1000;
inline constexpr uint64_t longest = uint64_t{1} << 20;

// Some time after its machine was started.
inline constexpr uint64_t start = 7 * second + 123;

inline SharedBudget budget_of(const Rates &rates, uint32_t sharers = 1)
{
    SharedBudget budget = SharedBudget::create(sharers).value();

    budget.limit(rates, start);
    return budget;
}

// One that always has requests of a size, and comes back late when it has waited.
struct Greedy {
    Greedy(const SharedBudget &budget, uint64_t size, uint64_t lateness = 0)
        : share(budget, longest), bytes(size), late(lateness)
    {
    }

    // What it does at a time that is its own.
    void act()
    {
        if (share.look())
            waits = false;
        if (waits) {
            taken++;
            waits = false;
        }
        for (;;) {
            const uint64_t from = share.take(bytes, at);
            if (from > at) {
                waits = true;
                at = from + late;
                return;
            }
            if (++taken > more_than_any_rate) {
                ADD_FAILURE() << "nothing is waited for";
                at = UINT64_MAX;
                return;
            }
        }
    }

    static constexpr uint64_t more_than_any_rate = 4000000;

    BudgetShare share;
    uint64_t bytes;
    uint64_t late;
    uint64_t at = start;
    uint64_t taken = 0; // requests
    bool waits = false; // and has taken what it waits for
};

// Each does what it does at its time, until then.
inline void run(std::vector<Greedy *> all, uint64_t until)
{
    for (;;) {
        Greedy *const first = *std::ranges::min_element(all, {}, &Greedy::at);
        if (first->at >= until)
            return;
        first->act();
    }
}

inline void expect_near(uint64_t got, double wanted, uint64_t grain)
{
    EXPECT_GE(static_cast<double>(got) + static_cast<double>(grain), 0.95 * wanted);
    EXPECT_LE(static_cast<double>(got) - static_cast<double>(grain), 1.05 * wanted);
}

} // namespace paravane::backend_test
