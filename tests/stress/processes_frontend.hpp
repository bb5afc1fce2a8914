// SPDX-License-Identifier: Apache-2.0
//
// The frontend, which does not die: it knows of each id which request is in flight under it, and
// so notices a response that is lost, made up or sent twice.
#pragma once

#include <cstdint>
#include <vector>

#include "processes_log.hpp"

namespace paravane::stress {

class Frontend {
  public:
    Frontend(const Device &device, pv_shared memory, Half &half)
        : device_(device), half_(half), random_(device.key), flights_(device.depth)
    {
        expect_kept("frontend",
                    pv_producer_attach(&queue_.requests, memory, pv_ring_bytes(device.requests),
                                       device.requests, device.start, &violations_));
        expect_kept("frontend",
                    pv_consumer_attach(
                        &queue_.responses,
                        pv_shared_at(memory, static_cast<uint32_t>(device.responses_offset())),
                        pv_ring_bytes(device.responses), device.responses, device.start,
                        &violations_));
        expect_kept("frontend", pv_frontend_queue_init(&queue_, device.depth));
    }

    // One round. True: nothing to do until a notification comes.
    bool work(bool more)
    {
        // The responses first: a request under a freed id is seen only after the room that its
        // response needs.
        const bool taken = take();
        half_.show(queue_.responses.side,
                   [this] { return pv_consumer_release(&queue_.responses); });
        const bool put = more && fill();
        half_.show(queue_.requests.side, [this] { return pv_producer_publish(&queue_.requests); });
        expect_kept("frontend", pv_producer_refused(&queue_.requests));
        expect_kept("frontend", pv_consumer_refused(&queue_.responses));
        return !taken && !put && arm();
    }

    void close()
    {
        pv_producer_close(&queue_.requests);
        pv_consumer_close(&queue_.responses);
        half_.notify();
    }

    [[nodiscard]] uint64_t sent() const { return sent_; }
    [[nodiscard]] uint64_t answered() const { return answered_; }

  private:
    bool take()
    {
        Response response = {};
        bool any = false;
        while (pv_frontend_queue_take(&queue_, &response.head, sizeof(response))) {
            const uint32_t id = pv_le16_get(response.head.id);
            if (pv_le32_get(response.head.status) != 0 ||
                !payload_intact(response.body.data(), sizeof(response.body), device_.response_key(),
                                flights_[id]))
                fail("frontend: id %u: not the response to request %llu", id,
                     static_cast<unsigned long long>(flights_[id]));
            answered_++;
            any = true;
        }
        return any;
    }

    bool fill()
    {
        bool any = false;
        for (uint32_t i = random_.between(1, 32); i > 0; i--) {
            Request request = {};
            request.head.operation = PV_BLK_READ;
            fill_payload(request.body.data(), sizeof(request.body), device_.key, sent_);
            const uint32_t id = pv_frontend_queue_put(&queue_, &request.head, sizeof(request));
            if (id == PV_ID_NONE) {
                if (queue_.ids.pending < device_.depth)
                    fail("frontend: a free id and no slot for it");
                break;
            }
            flights_[id] = sent_++;
            any = true;
        }
        return any;
    }

    bool arm()
    {
        // Never more than are in flight, since the backend answers all of them before it sleeps.
        const uint32_t flying = queue_.ids.pending;
        return flying > 0 && pv_consumer_arm(&queue_.responses, random_.between(1, flying));
    }

    const Device &device_;
    Half &half_;
    Random random_;
    std::vector<uint64_t> flights_; // the number of the request in flight, by id
    pv_violations violations_ = {};
    pv_frontend_queue queue_ = {};
    uint64_t sent_ = 0;
    uint64_t answered_ = 0;
};

} // namespace paravane::stress
