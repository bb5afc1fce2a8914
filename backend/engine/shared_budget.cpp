// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/shared_budget.hpp"

#include <algorithm>
#include <new>

namespace paravane {

namespace {

static_assert(std::atomic<uint64_t>::is_always_lock_free);

// Tries more than anybody needs who is not kept from it.
constexpr int tries_max = 100;

void forgive(std::atomic<uint64_t> &until, uint64_t most)
{
    uint64_t seen = until.load(std::memory_order_relaxed);

    for (int tries = 0; tries < tries_max && seen > most; tries++)
        if (until.compare_exchange_weak(seen, most, std::memory_order_relaxed))
            return;
}

} // namespace

Result<SharedBudget> SharedBudget::create(uint32_t sharers)
{
    if (sharers == 0 || sharers > sharers_max)
        return Problem{"a budget for " + std::to_string(sharers) + " processes"};
    Result<HostMemory> rates = HostMemory::create(sizeof(BudgetRates), HostMemory::Others::read);
    Result<HostMemory> use = HostMemory::create(sizeof(BudgetUse));
    if (!rates || !use)
        return Problem{"a budget: " + (rates ? use : rates).error().text};
    ::new (rates->data()) BudgetRates();
    ::new (use->data()) BudgetUse();
    reinterpret_cast<BudgetRates *>(rates->data())->sharers = sharers;
    return SharedBudget(std::move(*rates), std::move(*use));
}

Result<SharedBudget> SharedBudget::adopt(UniqueFd rates, UniqueFd use)
{
    Result<HostMemory> its_rates = HostMemory::adopt(std::move(rates));
    Result<HostMemory> its_use = HostMemory::adopt(std::move(use));

    if (!its_rates || !its_use)
        return Problem{"a budget: " + (its_rates ? its_use : its_rates).error().text};
    if (its_rates->size() < sizeof(BudgetRates) || its_use->size() < sizeof(BudgetUse))
        return Problem{"a budget: it is too small"};
    if (its_use->others() != HostMemory::Others::write)
        return Problem{"a budget: nothing can be taken from it"};
    return SharedBudget(std::move(*its_rates), std::move(*its_use));
}

void SharedBudget::limit(const Rates &rates, uint64_t now)
{
    auto &written = *reinterpret_cast<BudgetRates *>(rates_.data());

    if (rates == limits_)
        return;
    limits_ = rates;
    written.operations.store(rates.operations, std::memory_order_relaxed);
    written.bytes.store(rates.bytes, std::memory_order_relaxed);
    written.burst_ns.store(rates.burst_ns, std::memory_order_relaxed);
    forgive(use().operations_until, now + rates.burst_ns);
    forgive(use().bytes_until, now + rates.burst_ns);
    // Last: who sees it sees the others.
    written.changed.store(std::max(written.changed.load(std::memory_order_relaxed) + 1, now),
                          std::memory_order_release);
}

Result<std::vector<SharedBudget>> adopt_budgets(std::span<UniqueFd> fds)
{
    std::vector<SharedBudget> budgets;

    if (fds.size() % 2 != 0)
        return Problem{"half a budget"};
    for (std::size_t fd = 0; fd + 1 < fds.size(); fd += 2) {
        Result<SharedBudget> budget =
            SharedBudget::adopt(std::move(fds[fd]), std::move(fds[fd + 1]));
        if (!budget)
            return budget.error();
        budgets.push_back(std::move(*budget));
    }
    return budgets;
}

} // namespace paravane
