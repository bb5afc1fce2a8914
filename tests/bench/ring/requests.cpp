// SPDX-License-Identifier: Apache-2.0
#include "ring/requests.hpp"

#include <array>
#include <memory>

extern "C" {
#include <paravane/backend_queue.h>
#include <paravane/blk.h>
#include <paravane/frontend_queue.h>
}
#include <paravane/shared_memory.hpp>

#include "ring/figures.hpp"
#include "ring/messages.hpp"
#include "ring/process_pair.hpp"

namespace paravane::bench {
namespace {

struct QueuePlace {
    pv_shared requests;
    pv_shared responses;
    uint64_t request_bytes;
    uint64_t response_bytes;
    uint32_t slots;
    uint32_t depth;
};

constexpr uint32_t depth_max = 32;
constexpr uint32_t request_size = sizeof(pv_blk_request);
constexpr uint32_t response_size = sizeof(pv_blk_response);

bool attach(pv_frontend_queue &queue, const QueuePlace &place, pv_violations &violations)
{
    return pv_producer_attach(&queue.requests, place.requests, place.request_bytes,
                              {place.slots, request_size}, 0, &violations) == PV_RULE_KEPT &&
           pv_consumer_attach(&queue.responses, place.responses, place.response_bytes,
                              {place.slots, response_size}, 0, &violations) == PV_RULE_KEPT &&
           pv_frontend_queue_init(&queue, place.depth) == PV_RULE_KEPT;
}

bool attach(pv_backend_queue &queue, const QueuePlace &place, pv_violations &violations)
{
    const pv_protocol protocol = {uint64_t{1} << PV_BLK_READ, 0};

    return pv_consumer_attach(&queue.requests, place.requests, place.request_bytes,
                              {place.slots, request_size}, 0, &violations) == PV_RULE_KEPT &&
           pv_producer_attach(&queue.responses, place.responses, place.response_bytes,
                              {place.slots, response_size}, 0, &violations) == PV_RULE_KEPT &&
           pv_backend_queue_init(&queue, place.depth, protocol) == PV_RULE_KEPT;
}

bool frontend(Side &side, uint32_t repetition, const QueuePlace &place, uint32_t total)
{
    const auto queue = std::make_unique<pv_frontend_queue>();
    pv_violations violations = {};
    pv_blk_request request = {};
    pv_blk_response response = {};
    Half half;
    uint32_t sent = 0, answered = 0;

    pv_ring_format(place.requests, place.request_bytes);
    pv_ring_format(place.responses, place.response_bytes);
    side.meet();
    if (!attach(*queue, place, violations))
        return false;
    side.meet();
    half.start = cycles();
    while (answered < total) {
        const uint32_t before = sent;
        while (sent < total &&
               pv_frontend_queue_put(queue.get(), &request.head, request_size) != PV_ID_NONE)
            sent++;
        if (sent != before)
            pv_producer_publish_quietly(&queue->requests);
        uint32_t taken = 0;
        while (pv_frontend_queue_take(queue.get(), &response.head, response_size))
            taken++;
        if (taken != 0)
            pv_consumer_release_quietly(&queue->responses);
        else if (pv_consumer_refused(&queue->responses) != PV_RULE_KEPT)
            return false;
        else
            pause();
        answered += taken;
    }
    half.end = cycles();
    side.record(repetition, half);
    return true;
}

bool backend(Side &side, uint32_t repetition, const QueuePlace &place, uint32_t total)
{
    const auto queue = std::make_unique<pv_backend_queue>();
    pv_violations violations = {};
    pv_blk_request request = {};
    pv_blk_response response = {};
    std::array<pv_le16, depth_max> ids = {};
    uint32_t answered = 0;

    side.meet();
    if (!attach(*queue, place, violations))
        return false;
    side.meet();
    while (answered < total) {
        uint32_t taken = 0;
        while (taken < ids.size() &&
               pv_backend_queue_take(queue.get(), &request.head, request_size))
            ids[taken++] = request.head.id;
        if (taken == 0) {
            if (pv_consumer_refused(&queue->requests) != PV_RULE_KEPT)
                return false;
            pause();
            continue;
        }
        pv_consumer_release_quietly(&queue->requests);
        for (uint32_t i = 0; i < taken; i++) {
            response.head.id = ids[i];
            if (!pv_backend_queue_respond(queue.get(), &response.head, response_size))
                return false;
        }
        pv_producer_publish_quietly(&queue->responses);
        answered += taken;
    }
    side.record(repetition, {});
    return true;
}

} // namespace

double measure_requests(const Setting &setting, uint32_t depth, std::string &error)
{
    const uint32_t total = setting.bursts * (depth == 1 ? 1 : 8);
    const uint32_t slots = 256;
    const uint64_t requests = pv_ring_bytes({slots, request_size});
    const uint64_t responses = pv_ring_bytes({slots, response_size});
    std::error_code failure;
    const SharedMemory memory = SharedMemory::create(requests + responses, setting.pages, failure);

    if (failure) {
        error = "no shared memory: " + failure.message();
        return 0;
    }
    const QueuePlace place = {memory.at(0), memory.at(requests), requests, responses, slots, depth};
    const Body front = repeated(setting.repetitions, [&](Side &side, uint32_t i) {
        return frontend(side, i, place, total);
    });
    const Body back = repeated(setting.repetitions, [&](Side &side, uint32_t i) {
        return backend(side, i, place, total);
    });
    const auto done = run_pair(setting, setting.repetitions, front, back, error);
    return median_figure(done, [total](const Repetition &r) { return r.first.taken() / total; });
}

} // namespace paravane::bench
