// SPDX-License-Identifier: Apache-2.0
//
// As near to DPDK's test as two processes come: the same number of bursts and of slots, private
// buffers of one burst, each side polling. Every check of the ring is on; there is no ring without.
#include "ring/one_way.hpp"

#include <array>

extern "C" {
#include <paravane/consumer.h>
#include <paravane/producer.h>
}
#include <paravane/shared_memory.hpp>

#include "ring/figures.hpp"
#include "ring/messages.hpp"
#include "ring/process_pair.hpp"

namespace paravane::bench {
namespace {

constexpr uint32_t burst_max = 256;

struct Place {
    pv_shared memory;
    uint64_t bytes;
    uint32_t slots;
};

struct Run {
    Place place;
    uint32_t burst;
    uint32_t patience;
    uint32_t elements;
};

// The size of a slot and whether to notify are constants, as they are in a driver.
template <uint32_t Bytes, bool Notify> bool produce(Side &side, uint32_t repetition, const Run &run)
{
    alignas(64) std::array<Message<Bytes>, burst_max> buffer = {};
    pv_violations violations = {};
    pv_producer ring = {};
    uint64_t rung = 0;
    Half half;

    pv_ring_format(run.place.memory, run.place.bytes);
    side.meet();
    if (pv_producer_attach(&ring, run.place.memory, run.place.bytes, {run.place.slots, Bytes}, 0,
                           &violations) != PV_RULE_KEPT)
        return false;
    side.meet();
    half.start = cycles();
    for (uint32_t sent = 0; sent < run.elements;) {
        used(buffer.data());
        const uint32_t count = pv_producer_put(&ring, buffer.data(), Bytes, run.burst);
        if (count == 0) {
            if (pv_producer_refused(&ring) != PV_RULE_KEPT)
                return false;
            pauses(run.patience);
            continue;
        }
        sent += count;
        if constexpr (Notify)
            rung += pv_producer_publish(&ring) ? 1U : 0U;
        else
            pv_producer_publish_quietly(&ring);
    }
    half.end = cycles();
    half.count = rung;
    side.record(repetition, half);
    return true;
}

template <uint32_t Bytes> bool consume(Side &side, uint32_t repetition, const Run &run)
{
    alignas(64) std::array<Message<Bytes>, burst_max> buffer = {};
    pv_violations violations = {};
    pv_consumer ring = {};
    Half half;

    side.meet();
    if (pv_consumer_attach(&ring, run.place.memory, run.place.bytes, {run.place.slots, Bytes}, 0,
                           &violations) != PV_RULE_KEPT)
        return false;
    side.meet();
    half.start = cycles();
    for (uint32_t received = 0; received < run.elements;) {
        const uint32_t count = pv_consumer_take(&ring, buffer.data(), Bytes, run.burst);
        if (count == 0) {
            if (pv_consumer_refused(&ring) != PV_RULE_KEPT)
                return false;
            pauses(run.patience);
            continue;
        }
        used(buffer.data());
        received += count;
        pv_consumer_release_quietly(&ring);
    }
    half.end = cycles();
    side.record(repetition, half);
    return true;
}

template <uint32_t Bytes>
OneWayFigure measure(const Setting &setting, const OneWay &what, std::string &error)
{
    const uint32_t elements = setting.bursts * what.burst;
    const uint64_t bytes = pv_ring_bytes({setting.slots, Bytes});
    std::error_code failure;
    const SharedMemory memory = SharedMemory::create(bytes, setting.pages, failure);

    if (failure) {
        error = "no shared memory: " + failure.message();
        return {};
    }
    const Run run = {
        {memory.at(0), memory.size(), setting.slots}, what.burst, what.patience, elements};
    const Body producer = repeated(setting.repetitions, [&](Side &side, uint32_t i) {
        return what.notify ? produce<Bytes, true>(side, i, run)
                           : produce<Bytes, false>(side, i, run);
    });
    const Body consumer = repeated(
        setting.repetitions, [&](Side &side, uint32_t i) { return consume<Bytes>(side, i, run); });

    const auto done = run_pair(setting, setting.repetitions, producer, consumer, error);
    const double n = elements;
    return {
        median_figure(
            done, [n](const Repetition &r) { return (r.first.taken() + r.second.taken()) / n; }),
        median_figure(done, [n](const Repetition &r) { return wall_cycles(r) / n; })};
}

} // namespace

OneWayFigure measure_one_way(const Setting &setting, const OneWay &what, std::string &error)
{
    return what.slot_size == 64 ? measure<64>(setting, what, error)
                                : measure<16>(setting, what, error);
}

} // namespace paravane::bench
