// SPDX-License-Identifier: Apache-2.0
//
// The backend process: logs a request before it gives its slot back, logs a response before it
// fills a slot, and can die between any two steps.
#pragma once

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <vector>

#include <fcntl.h>
#include <paravane/shared_memory.hpp>

#include "processes_log.hpp"

namespace paravane::stress {

class Backend {
  public:
    // `life` tells one incarnation from the next.
    Backend(const Device &device, BackendLog &log, uint64_t life, const Port &own,
            const Port &frontend)
        : device_(device), log_(log), half_("backend", own, frontend), random_(device.key ^ life),
          counts_before_(log.counts)
    {
    }

    // Returns at the end of the device only.
    void run(const SharedMemory &memory)
    {
        attach(memory);
        for (;;) {
            count();
            bool moved = take();
            // Some now, in any order; all of them before sleep.
            const auto held = static_cast<uint32_t>(pending_.size());
            moved = respond(moved ? random_.between(0, std::min(held, 16U)) : held) || moved;
            expect_kept("backend", pv_consumer_refused(&queue_.requests));
            expect_kept("backend", pv_producer_refused(&queue_.responses));
            if (moved)
                continue;
            if (pv_consumer_ended(&queue_.requests))
                break;
            if (pv_consumer_arm(&queue_.requests, 1)) {
                crash(crash_armed);
                half_.sleep();
                crash(crash_awake);
            }
        }
        pv_consumer_close(&queue_.requests);
        pv_producer_close(&queue_.responses);
        half_.notify();
        count();
    }

  private:
    void crash(CrashPoint point)
    {
        if (device_.crash_one_in != 0 && random_.one_in(device_.crash_one_in)) {
            log_.crashes[point]++;
            std::raise(SIGKILL);
        }
    }

    void count()
    {
        Counts counts = counts_before_;
        counts.add(half_.counts());
        log_.counts = counts;
    }

    static uint64_t sequence_of(const unsigned char *body) { return payload_word(body, 0); }

    BackendLog::Entry &entry(uint32_t id) { return log_.requests[id]; }

    [[nodiscard]] uint32_t response_slot(uint32_t index) const
    {
        return index & (device_.responses.slots - 1);
    }

    void attach(const SharedMemory &memory)
    {
        const uint32_t taken = log_.taken;
        const uint32_t responded = log_.responded;
        const pv_shared responses = memory.at(device_.responses_offset());
        const pv_protocol protocol = {1U << PV_BLK_READ, 0};

        crash(crash_attaching);
        settle(taken, responded);
        restore(responses, responded);
        crash(crash_restored);
        expect_kept("backend", pv_consumer_attach(&queue_.requests, memory.at(0),
                                                  pv_ring_bytes(device_.requests), device_.requests,
                                                  taken, &violations_));
        expect_kept("backend", pv_producer_attach(&queue_.responses, responses,
                                                  pv_ring_bytes(device_.responses),
                                                  device_.responses, responded, &violations_));
        expect_kept("backend", pv_backend_queue_init(&queue_, device_.depth, protocol));
        for (uint32_t id = 0; id < device_.depth; id++) {
            if (!entry(id).held)
                continue;
            if (!pv_backend_queue_restore(&queue_, id))
                fail("backend: the log holds id %u twice", id);
            entry(id).replays++;
            log_.replays++;
            pending_.push_back(id);
        }
        crash(crash_attached);
        // Whatever the dead one was about to tell.
        half_.notify();
    }

    // Undoes what was not yet true at the time of death, and ends what was.
    void settle(uint32_t taken, uint32_t responded)
    {
        for (BackendLog::Entry &one : log_.requests)
            if (one.held && static_cast<int32_t>(taken - one.index) <= 0)
                one.held = false;
        if (responded == device_.start)
            return;
        const Response &last = log_.responses[response_slot(responded - 1)];
        BackendLog::Entry &answered = entry(pv_le16_get(last.head.id));
        if (answered.held &&
            sequence_of(answered.request.body.data()) == sequence_of(last.body.data()))
            answered.held = false;
    }

    // Any of the last responses may not have reached its slot. In the place of the oldest there may
    // lie one that was never logged; then its slot is free, for only such a place is written to.
    void restore(pv_shared memory, uint32_t responded)
    {
        const uint32_t known = std::min(responded - device_.start, device_.responses.slots);
        for (uint32_t index = responded - known; index != responded; index++) {
            expect_kept("backend", pv_producer_restore(memory, pv_ring_bytes(device_.responses),
                                                       device_.responses, index,
                                                       &log_.responses[response_slot(index)]));
            log_.restores++;
        }
    }

    bool take()
    {
        Request request = {};
        bool any = false;
        for (uint32_t i = random_.between(1, 16); i > 0; i--) {
            if (!pv_backend_queue_take(&queue_, &request.head, sizeof(request)))
                break;
            crash(crash_taken);
            log_request(request);
            any = true;
        }
        if (!any)
            return false;
        const bool wanted = pv_consumer_release(&queue_.requests);
        crash(crash_released);
        half_.notify_if(wanted);
        return true;
    }

    void log_request(const Request &request)
    {
        const uint32_t id = pv_le16_get(request.head.id);
        const uint32_t index = log_.taken;
        const uint64_t sequence = sequence_of(request.body.data());
        // The frontend numbers its requests in the order of the ring.
        if (static_cast<uint32_t>(sequence) != index - device_.start ||
            !payload_intact(request.body.data(), sizeof(request.body), device_.key, sequence))
            fail("backend: the request at 0x%x is not what was put there", index);
        BackendLog::Entry &one = entry(id);
        if (one.held)
            fail("backend: id %u is in flight twice", id);
        one.index = index;
        one.request = request;
        one.executions = 0;
        one.replays = 0;
        log_order();
        one.held = true;
        crash(crash_request_written);
        log_order();
        log_.taken = index + 1;
        crash(crash_request_logged);
        pending_.push_back(id);
    }

    bool respond(uint32_t count)
    {
        if (count == 0)
            return false;
        if (pv_producer_room(&queue_.responses) < count)
            fail("backend: no room for as many responses as requests may be in flight");
        const uint32_t first = log_.responded;
        for (uint32_t i = 0; i < count; i++) {
            const auto chosen = random_.below(static_cast<uint32_t>(pending_.size()));
            const uint32_t id = pending_[chosen];
            pending_[chosen] = pending_.back();
            pending_.pop_back();
            log_response(id);
        }
        for (uint32_t index = first; index != first + count; index++) {
            const Response &response = log_.responses[response_slot(index)];
            if (!pv_backend_queue_respond(&queue_, &response.head, sizeof(response)))
                fail("backend: a response was refused");
            crash(crash_filled);
        }
        const bool wanted = pv_producer_publish(&queue_.responses);
        crash(crash_published);
        half_.notify_if(wanted);
        return true;
    }

    // Executes the request and makes its response true, which ends the request.
    void log_response(uint32_t id)
    {
        BackendLog::Entry &one = entry(id);
        const uint32_t index = log_.responded;
        one.executions++;
        log_.executions++;
        if (one.executions > 1 + one.replays)
            fail("backend: request of id %u executed %u times for %u replays", id, one.executions,
                 one.replays);
        crash(crash_executed);
        Response &response = log_.responses[response_slot(index)];
        response.head = {};
        response.head.id = pv_le16_of(static_cast<uint16_t>(id));
        fill_payload(response.body.data(), sizeof(response.body), device_.response_key(),
                     sequence_of(one.request.body.data()));
        crash(crash_response_written);
        log_order();
        log_.responded = index + 1;
        log_order();
        crash(crash_response_logged);
        one.held = false;
    }

    const Device &device_;
    BackendLog &log_;
    Half half_;
    Random random_;
    Counts counts_before_;
    std::vector<uint32_t> pending_; // ids
    pv_violations violations_ = {};
    pv_backend_queue queue_ = {};
};

} // namespace paravane::stress
