// SPDX-License-Identifier: Apache-2.0
#include "store/suite.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include <fmt/format.h>

#include "store/operations.hpp"

namespace paravane::bench {
namespace {

constexpr Size smallest = {100, 1};
constexpr Size largest = {100000, 1000};
// More nodes, more domains, and the two ends.
constexpr Size sizes[] = {smallest,    {1000, 1},    {10000, 1},    {100000, 1},
                          {10000, 10}, {10000, 100}, {10000, 1000}, largest};

// The large store is to be at least a third as fast as the small one.
constexpr double flat = 0.33;

struct Cell {
    Population *population = nullptr;
    const Operation *operation = nullptr;
    bool any = false;
    std::function<bool(const Leaf &)> act;
    std::vector<double> nanoseconds; // an operation, by round

    [[nodiscard]] std::string what() const
    {
        return fmt::format("{}, {}", operation->name, any ? "any" : "100 in use");
    }
};

// Nanoseconds an operation; negative when one was refused.
double measure(Cell &cell, uint32_t calls)
{
    const std::vector<Leaf> &leaves = cell.any ? cell.population->any : cell.population->in_use;
    size_t next = 0;
    bool done = true;

    const auto begin = std::chrono::steady_clock::now();
    for (uint32_t i = 0; i < calls; i++) {
        done = cell.act(leaves[next]) && done;
        if (++next == leaves.size())
            next = 0;
    }
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
    return done ? taken.count() / calls : -1;
}

// Nanoseconds of a load that depends on the one before, all over 64 MiB: what one step to a node costs
// that no cache holds.
class ColdLoads {
  public:
    ColdLoads() : next_((size_t{64} << 20) / sizeof(uint32_t))
    {
        // One cycle through all of it.
        std::vector<uint32_t> order(next_.size());
        std::iota(order.begin(), order.end(), 0U);
        std::shuffle(order.begin(), order.end(), std::mt19937(1));
        for (size_t i = 0; i < order.size(); i++)
            next_[order[i]] = order[(i + 1) % order.size()];
    }
    double measure(uint32_t loads)
    {
        const auto begin = std::chrono::steady_clock::now();
        for (uint32_t i = 0; i < loads; i++)
            at_ = next_[at_];
        const std::chrono::duration<double, std::nano> taken =
            std::chrono::steady_clock::now() - begin;
        // Always true, and only known by the loads.
        return at_ < next_.size() ? taken.count() / loads : 0;
    }

  private:
    std::vector<uint32_t> next_;
    uint32_t at_ = 0;
};

// By rounds, the ratio of two that were measured one after the other.
double median_ratio(const Cell &small, const Cell &large)
{
    std::vector<double> ratios;
    for (size_t i = 0; i < small.nanoseconds.size(); i++)
        ratios.push_back(small.nanoseconds[i] / large.nanoseconds[i]);
    return median_of(ratios);
}

} // namespace

std::string run_store_suite(const StoreOptions &options, Report &report)
{
    const uint32_t calls = options.smoke ? 100 : 40000;
    std::vector<std::unique_ptr<Population>> populations;
    std::vector<Cell> cells;

    for (const Size &size : sizes)
        if (!options.smoke || size.nodes <= 10000)
            populations.push_back(std::make_unique<Population>(size));
    for (const bool any : {false, true})
        for (const Operation &operation : store_operations())
            for (const auto &population : populations)
                cells.push_back(
                    {population.get(), &operation, any, operation.prepare(*population), {}});

    for (Cell &cell : cells)
        static_cast<void>(measure(cell, calls / 4 + 1)); // warms up
    ColdLoads cold;
    std::vector<double> loads;
    for (uint32_t round = 0; round < options.rounds; round++) {
        loads.push_back(cold.measure(calls));
        for (Cell &cell : cells) {
            const double taken = measure(cell, calls);
            if (taken < 0)
                return fmt::format("an operation was refused: {}, {}", cell.what(),
                                   described(cell.population->size()));
            cell.nanoseconds.push_back(taken);
        }
    }

    for (const Cell &cell : cells)
        report.add(cell.what(), described(cell.population->size()), "ns", cell.nanoseconds);
    report.add("one load of memory that no cache holds", "64 MiB", "ns", loads);
    for (const Cell &small : cells) {
        const auto large = std::find_if(cells.begin(), cells.end(), [&](const Cell &cell) {
            return cell.operation == small.operation && !cell.any &&
                   cell.population->size() == largest;
        });
        // Among any nodes it would be the processor's caches that are measured: see the rows.
        if (small.any || !(small.population->size() == smallest))
            continue;
        Target target = {fmt::format("{}: speed at {} by that at {}", small.what(),
                                     described(largest), described(smallest)),
                         std::nullopt, flat};
        if (large != cells.end())
            target.value = median_ratio(small, *large);
        report.targets.push_back(target);
    }
    return {};
}

} // namespace paravane::bench
