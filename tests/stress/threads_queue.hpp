// SPDX-License-Identifier: Apache-2.0
//
// A device queue between two threads: a frontend that reads and writes the sectors of a disk that
// the backend keeps, through buffers in shared memory, and knows what it must find in each.
#pragma once

#include <cstdint>
#include <vector>

#include "half.hpp"
#include "payload.hpp"
#include "rings.hpp"
#include "threads_disk.hpp"

namespace paravane::stress {

class QueueFrontend {
  public:
    QueueFrontend(const QueueRound &round, pv_shared memory, Half &half)
        : round_(round), memory_(memory), half_(half), random_(round.key ^ 1),
          flights_(round.depth), disk_(round.sectors)
    {
        pv_producer_attach(&queue_.requests, memory, pv_ring_bytes(round.requests), round.requests,
                           round.start, &violations_);
        pv_consumer_attach(&queue_.responses, pv_shared_at(memory, round.responses_offset()),
                           pv_ring_bytes(round.responses), round.responses, round.start,
                           &violations_);
        expect_kept(half.name(), pv_frontend_queue_init(&queue_, round.depth));
    }

    void run()
    {
        while (done_ < round_.operations) {
            const bool put = fill();
            half_.show(queue_.requests.side,
                       [this] { return pv_producer_publish(&queue_.requests); });
            const bool taken = drain();
            half_.show(queue_.responses.side,
                       [this] { return pv_consumer_release(&queue_.responses); });
            expect_kept(half_.name(), pv_producer_refused(&queue_.requests));
            expect_kept(half_.name(), pv_consumer_refused(&queue_.responses));
            if (!put && !taken)
                wait();
        }
        pv_producer_close(&queue_.requests);
        pv_consumer_close(&queue_.responses);
        half_.notify();
    }

  private:
    struct Flight {
        uint32_t sector;
        bool write;
    };
    struct Sector {
        uint64_t version;
        bool busy;
    };

    bool fill()
    {
        bool any = false;
        for (uint32_t i = random_.between(1, 32); i > 0 && issued_ < round_.operations; i--) {
            const uint32_t sector = random_.below(round_.sectors);
            if (disk_[sector].busy)
                continue;
            if (!put(sector)) {
                if (queue_.ids.pending < round_.depth)
                    fail("%s: a free id and no slot for it", half_.name());
                break;
            }
            any = true;
        }
        return any;
    }

    bool put(uint32_t sector)
    {
        const bool write = disk_[sector].version == 0 || random_.one_in(2);
        pv_blk_request request = {};
        request.head.operation = write ? PV_BLK_WRITE : PV_BLK_READ;
        request.sector = pv_le64_of(sector);
        request.data.length = pv_le32_of(PV_BLK_SECTOR);
        const uint32_t id = pv_frontend_queue_put(&queue_, &request.head, sizeof(request));
        if (id == PV_ID_NONE)
            return false;
        // The buffer is the id's, and nobody looks at it before the request is published. One to
        // read into holds what the backend must replace.
        if (write)
            disk_[sector].version++;
        fill_payload(buffer_.data(), sector_bytes, round_.key + sector,
                     write ? disk_[sector].version : 0);
        pv_shared_copy_in(pv_shared_at(memory_, round_.buffer_offset(id)), buffer_.data(),
                          sector_bytes);
        disk_[sector].busy = true;
        flights_[id] = {sector, write};
        issued_++;
        return true;
    }

    bool drain()
    {
        bool any = false;
        pv_blk_response response = {};
        while (pv_frontend_queue_take(&queue_, &response.head, sizeof(response))) {
            const uint32_t id = pv_le16_get(response.head.id);
            const Flight flight = flights_[id];
            Sector &sector = disk_[flight.sector];
            if (pv_le32_get(response.head.status) != 0 || !sector.busy)
                fail("%s: sector %u: a bad response", half_.name(), flight.sector);
            pv_shared_copy_out(buffer_.data(), pv_shared_at(memory_, round_.buffer_offset(id)),
                               sector_bytes);
            if (!flight.write && !payload_intact(buffer_.data(), sector_bytes,
                                                 round_.key + flight.sector, sector.version))
                fail("%s: sector %u does not hold version %llu", half_.name(), flight.sector,
                     static_cast<unsigned long long>(sector.version));
            sector.busy = false;
            done_++;
            any = true;
        }
        return any;
    }

    void wait()
    {
        // Never more than are in flight, since the backend answers all of them before it sleeps.
        const uint32_t flying = queue_.ids.pending;
        if (flying > 0 && pv_consumer_arm(&queue_.responses, random_.between(1, flying)))
            half_.sleep();
    }

    const QueueRound &round_;
    pv_shared memory_;
    Half &half_;
    Random random_;
    std::vector<Flight> flights_; // by id
    std::vector<Sector> disk_;    // what the backend must have
    std::vector<unsigned char> buffer_ = std::vector<unsigned char>(sector_bytes);
    pv_violations violations_ = {};
    pv_frontend_queue queue_ = {};
    uint64_t issued_ = 0;
    uint64_t done_ = 0;
};

// Returns how many operations were done.
template <typename Threads>
uint64_t run_queue(const QueueRound &round, pv_shared memory, Threads &&threads)
{
    uint64_t answered = 0;
    format_at(memory, pv_ring_bytes(round.requests), round.start);
    format_at(pv_shared_at(memory, round.responses_offset()), pv_ring_bytes(round.responses),
              round.start);
    threads(
        [&](Half &half) {
            QueueFrontend frontend(round, memory, half);
            frontend.run();
        },
        [&](Half &half) {
            QueueBackend backend(round, memory, half);
            answered = backend.run();
        });
    if (answered != round.operations)
        fail("queue: %llu answers to %llu operations", static_cast<unsigned long long>(answered),
             static_cast<unsigned long long>(round.operations));
    return answered;
}

} // namespace paravane::stress
