// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>

#include <paravane/ring.hpp>

#include "ring/doorbell.hpp"
#include "ring/figures.hpp"
#include "ring/messages.hpp"
#include "ring/process_pair.hpp"
#include "ring/sleeping.hpp"

namespace paravane::bench {
namespace {

using Load = Message<64>;
constexpr uint32_t burst_size = 8;

struct Road {
    RingPlace place;
    Doorbell filled;
    Doorbell freed;
    uint32_t elements;
};

bool produce(Side &side, uint32_t repetition, const Road &road)
{
    const std::array<Load, burst_size> burst = {};
    pv_violations violations = {};
    Producer<Load> ring;
    Half half;

    pv_ring_format(road.place.memory, road.place.bytes);
    side.meet();
    if (ring.attach(road.place, 0, violations) != PV_RULE_KEPT)
        return false;
    side.meet();
    half.start = cycles();
    for (uint32_t sent = 0; sent < road.elements;) {
        const uint32_t count = ring.put(burst);
        if (count == 0) {
            if (ring.refused() != PV_RULE_KEPT)
                return false;
            if (ring.arm(road.place.slots / 2))
                road.freed.wait();
            continue;
        }
        sent += count;
        if (ring.publish()) {
            half.count++;
            road.filled.ring();
        }
    }
    half.end = cycles();
    side.record(repetition, half);
    return true;
}

bool consume(Side &side, uint32_t repetition, const Road &road)
{
    std::array<Load, burst_size> burst = {};
    pv_violations violations = {};
    Consumer<Load> ring;
    Half half;

    side.meet();
    if (ring.attach(road.place, 0, violations) != PV_RULE_KEPT)
        return false;
    side.meet();
    half.start = cycles();
    for (uint32_t received = 0; received < road.elements;) {
        const uint32_t count = ring.take(burst);
        if (count == 0) {
            if (ring.refused() != PV_RULE_KEPT)
                return false;
            if (ring.arm())
                road.filled.wait();
            continue;
        }
        used(burst.data());
        received += count;
        if (ring.release()) {
            half.count++;
            road.freed.ring();
        }
    }
    half.end = cycles();
    side.record(repetition, half);
    return true;
}

} // namespace

Sleeping measure_load(const Setting &setting, std::string &error)
{
    const uint64_t bytes = pv_ring_bytes({setting.slots, sizeof(Load)});
    std::error_code failure;
    const SharedMemory memory = SharedMemory::create(bytes, setting.pages, failure);

    if (failure) {
        error = "no shared memory: " + failure.message();
        return {};
    }
    const Road road = {
        {memory.at(0), memory.size(), setting.slots}, {}, {}, setting.bursts * burst_size};
    if (!road.filled.valid() || !road.freed.valid()) {
        error = "no eventfd";
        return {};
    }
    const Body producer = repeated(setting.repetitions,
                                   [&](Side &side, uint32_t i) { return produce(side, i, road); });
    const Body consumer = repeated(setting.repetitions,
                                   [&](Side &side, uint32_t i) { return consume(side, i, road); });
    const auto done = run_pair(setting, setting.repetitions, producer, consumer, error);
    const double elements = road.elements;
    return {median_figure(done, [=](const Repetition &r) { return wall_cycles(r) / elements; }),
            median_figure(done, [=](const Repetition &r) {
                return static_cast<double>(r.first.count + r.second.count) / elements;
            })};
}

} // namespace paravane::bench
