// SPDX-License-Identifier: Apache-2.0
//
// A disk behind a device queue: how the two halves share memory, and the half that keeps the
// sectors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "half.hpp"
#include "payload.hpp"
#include "rings.hpp"

namespace paravane::stress {

inline constexpr uint32_t sector_bytes = 128;

struct QueueRound {
    pv_ring_geometry requests;
    pv_ring_geometry responses;
    uint32_t depth;
    uint32_t start;
    uint32_t sectors;
    uint64_t operations;
    uint64_t key;

    static QueueRound choose(Random &random)
    {
        QueueRound round = {};
        round.requests = {random.power(1, 8), sizeof(pv_blk_request)};
        round.responses = {random.power(1, 8), sizeof(pv_blk_response)};
        round.depth = random.between(1, std::min(round.requests.slots, round.responses.slots));
        round.start = random.index_before_wrap();
        round.sectors = random.between(1, 300);
        round.operations = random.between(1, 2000);
        round.key = random.next();
        return round;
    }
    [[nodiscard]] bool wraps() const { return start + static_cast<uint32_t>(operations) < start; }
    [[nodiscard]] uint32_t responses_offset() const
    {
        return static_cast<uint32_t>((pv_ring_bytes(requests) + 127) / 128 * 128);
    }
    [[nodiscard]] uint32_t buffer_offset(uint32_t id) const
    {
        const uint64_t rings = responses_offset() + pv_ring_bytes(responses);
        return static_cast<uint32_t>(rings) + id * sector_bytes;
    }
};

class QueueBackend {
  public:
    QueueBackend(const QueueRound &round, pv_shared memory, Half &half)
        : round_(round), memory_(memory), half_(half), random_(round.key ^ 2),
          disk_(size_t{round.sectors} * sector_bytes)
    {
        const pv_protocol protocol = {1U << PV_BLK_READ | 1U << PV_BLK_WRITE, 0};
        pv_consumer_attach(&queue_.requests, memory, pv_ring_bytes(round.requests), round.requests,
                           round.start, &violations_);
        pv_producer_attach(&queue_.responses, pv_shared_at(memory, round.responses_offset()),
                           pv_ring_bytes(round.responses), round.responses, round.start,
                           &violations_);
        expect_kept(half.name(), pv_backend_queue_init(&queue_, round.depth, protocol));
    }

    // Returns how many requests were answered.
    uint64_t run()
    {
        for (;;) {
            const bool taken = take();
            half_.show(queue_.requests.side,
                       [this] { return pv_consumer_release(&queue_.requests); });
            // Some now, in any order; all of them before sleep.
            const auto held = static_cast<uint32_t>(pending_.size());
            answer(taken ? random_.between(0, held) : held);
            half_.show(queue_.responses.side,
                       [this] { return pv_producer_publish(&queue_.responses); });
            expect_kept(half_.name(), pv_consumer_refused(&queue_.requests));
            expect_kept(half_.name(), pv_producer_refused(&queue_.responses));
            if (taken)
                continue;
            if (pv_consumer_ended(&queue_.requests))
                break;
            if (pv_consumer_arm(&queue_.requests, 1))
                half_.sleep();
        }
        pv_consumer_close(&queue_.requests);
        pv_producer_close(&queue_.responses);
        half_.notify();
        return answered_;
    }

  private:
    bool take()
    {
        const size_t before = pending_.size();
        pv_blk_request request = {};
        for (uint32_t i = random_.between(1, 32); i > 0; i--) {
            if (!pv_backend_queue_take(&queue_, &request.head, sizeof(request)))
                break;
            pending_.push_back(request);
        }
        return pending_.size() > before;
    }

    void answer(uint32_t count)
    {
        for (; count > 0; count--) {
            pv_blk_request &chosen =
                pending_[random_.below(static_cast<uint32_t>(pending_.size()))];
            const pv_blk_request request = chosen;
            chosen = pending_.back();
            pending_.pop_back();
            pv_blk_response response = {};
            response.head.id = request.head.id;
            transfer(request);
            if (!pv_backend_queue_respond(&queue_, &response.head, sizeof(response)))
                fail("%s: no room for a response", half_.name());
            answered_++;
        }
    }

    void transfer(const pv_blk_request &request)
    {
        const pv_shared buffer =
            pv_shared_at(memory_, round_.buffer_offset(pv_le16_get(request.head.id)));
        const uint64_t sector = pv_le64_get(request.sector);
        if (sector >= round_.sectors || pv_le32_get(request.data.length) != PV_BLK_SECTOR)
            fail("%s: a request for a sector that is not there", half_.name());
        if (request.head.operation == PV_BLK_WRITE)
            pv_shared_copy_out(&disk_[sector * sector_bytes], buffer, sector_bytes);
        else
            pv_shared_copy_in(buffer, &disk_[sector * sector_bytes], sector_bytes);
    }

    const QueueRound &round_;
    pv_shared memory_;
    Half &half_;
    Random random_;
    std::vector<unsigned char> disk_;
    std::vector<pv_blk_request> pending_;
    pv_violations violations_ = {};
    pv_backend_queue queue_ = {};
    uint64_t answered_ = 0;
};

} // namespace paravane::stress
