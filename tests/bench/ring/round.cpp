// SPDX-License-Identifier: Apache-2.0
#include "ring/round.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include <fmt/format.h>

#include "ring/line.hpp"
#include "ring/names.hpp"
#include "ring/one_way.hpp"
#include "ring/requests.hpp"
#include "ring/rte_ring.hpp"
#include "ring/sleeping.hpp"

namespace paravane::bench {
namespace {

constexpr double thousand = 1000;

using Step = std::function<void(std::string &error)>;

bool run_steps(std::vector<Step> steps, bool turned, std::string &error)
{
    if (turned)
        std::reverse(steps.begin(), steps.end());
    for (const Step &step : steps) {
        step(error);
        if (!error.empty())
            return false;
    }
    return true;
}

std::string name_of(const OneWay &what)
{
    return fmt::format("{}-byte slots, burst {:>2}, {}, patience {}", what.slot_size, what.burst,
                       what.notify ? "notifying" : "quiet", what.patience);
}

// Steps run once a round, but rows keep one order whatever the round's.
Step one_way_step(const Setting &setting, const OneWay &what, Series &series, double *sum = nullptr)
{
    return [=, &setting, &series](std::string &error) {
        const OneWayFigure figure = measure_one_way(setting, what, error);
        if (!error.empty())
            return;
        series.add(names::sum, name_of(what), "cycles", figure.sum);
        series.add(names::wall, name_of(what), "cycles", figure.wall);
        if (sum != nullptr)
            *sum = figure.sum;
    };
}

} // namespace

std::string quiet_name(uint32_t burst, uint32_t patience)
{
    return name_of({16, burst, false, patience});
}

std::string notifying_name(uint32_t burst, uint32_t patience)
{
    return name_of({16, burst, true, patience});
}

std::string rte_ring_name(uint32_t burst)
{
    return fmt::format("burst {:>2}, in this program", burst);
}

void declare_rows(uint32_t patience, Series &series)
{
    for (const char *what : {names::sum, names::wall})
        for (const uint32_t slot_size : {16U, 64U})
            for (const uint32_t burst : {1U, 8U, 32U}) {
                series.declare(what, name_of({slot_size, burst, false, patience}), "cycles");
                if (slot_size == 16)
                    series.declare(what, name_of({slot_size, burst, false, 1}), "cycles");
                series.declare(what, name_of({slot_size, burst, true, patience}), "cycles");
            }
}

bool compared_round(const Setting &setting, uint32_t patience, bool turned, Series &series,
                    Compared &compared, std::string &error)
{
    std::vector<Step> steps;

    compared.line_before = measure_line(setting, error);
    if (!error.empty())
        return false;
    for (const uint32_t burst : {8U, 32U}) {
        double &ours = burst == 8 ? compared.burst8 : compared.burst32;
        steps.push_back(one_way_step(setting, {16, burst, false, patience}, series, &ours));
        steps.push_back(one_way_step(setting, {16, burst, true, patience}, series));
        if (patience != 1)
            steps.push_back(one_way_step(setting, {16, burst, false, 1}, series));
        if (!have_rte_ring())
            continue;
        steps.emplace_back([=, &setting, &series](std::string &failure) {
            const double theirs = measure_rte_ring(setting, burst, 1, failure);
            series.add(names::rte_ring, rte_ring_name(burst), "cycles", theirs);
        });
    }
    if (!run_steps(std::move(steps), turned, error))
        return false;
    compared.line_after = measure_line(setting, error);
    series.add(names::line, names::line_before, "ns", compared.line_before * setting.ns_per_cycle);
    series.add(names::line, names::line_after, "ns", compared.line_after * setting.ns_per_cycle);
    return error.empty();
}

bool full_round(const Setting &setting, uint32_t patience, bool turned, Series &series,
                std::string &error)
{
    const double ns = setting.ns_per_cycle;
    std::vector<Step> steps;

    for (const uint32_t slot_size : {16U, 64U})
        for (const bool notify : {false, true})
            for (const uint32_t burst : {1U, 8U, 32U})
                if (slot_size != 16 || burst == 1)
                    steps.push_back(
                        one_way_step(setting, {slot_size, burst, notify, patience}, series));
    for (const uint32_t depth : {1U, 32U})
        steps.emplace_back([=, &setting, &series](std::string &failure) {
            const double taken = measure_requests(setting, depth, failure);
            const std::string name = fmt::format("depth {}", depth);
            series.add(names::requests, name + ", cycles", "cycles", taken);
            series.add(names::requests, name, "ns", taken * ns);
        });
    steps.emplace_back([=, &setting, &series](std::string &failure) {
        series.add(names::ping_pong, "both sides polling", "ns",
                   measure_ping_pong(setting, failure) * ns);
    });
    steps.emplace_back([=, &setting, &series](std::string &failure) {
        const Sleeping sleeping = measure_sleeping(setting, failure);
        series.add(names::ping_pong, "both sides asleep on an eventfd", "us",
                   sleeping.one_way * ns / thousand);
        series.add(names::notifications, "ping-pong, both asleep", "per 1000",
                   sleeping.notifications * thousand);
    });
    steps.emplace_back([=, &setting, &series](std::string &failure) {
        const Sleeping load = measure_load(setting, failure);
        series.add(names::notifications, "stream in bursts of 8, both asleep when idle", "per 1000",
                   load.notifications * thousand);
        series.add(names::wall, "64-byte slots, burst  8, both asleep when idle", "cycles",
                   load.one_way);
    });
    return run_steps(std::move(steps), turned, error);
}

} // namespace paravane::bench
