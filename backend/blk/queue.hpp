// SPDX-License-Identifier: Apache-2.0
//
// One queue of a disk: requests out of its ring and into the log, answers into the log and the ring. Each
// step is in the log before the guest can see it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "backend/blk/log.hpp"
#include "backend/blk/points.hpp"

extern "C" {
#include <paravane/backend_queue.h>
}

namespace paravane::blk {

class Queue {
  public:
    // A request that was taken, by its id; its entry in the log says which, and whether it is to be done.
    using Id = uint16_t;

    Queue(const Log &log, uint32_t number) : log_(&log), number_(number) {}

    // Where the rings lie, both of so many slots. resumed: where the log says; else at their beginning.
    [[nodiscard]] pv_rule attach(pv_shared requests, uint64_t request_bytes, pv_shared responses,
                                 uint64_t response_bytes, uint32_t depth,
                                 const pv_protocol &protocol, bool resumed,
                                 pv_violations &violations);
    // A request of a predecessor's, which is to be answered by this one. False: it is none that could have
    // been taken.
    [[nodiscard]] bool restore(Id id, const pv_request_head &request)
    {
        return pv_le16_get(request.id) == id &&
               pv_backend_request_check(&queue_, &request) == PV_RULE_KEPT &&
               pv_backend_queue_restore(&queue_, id);
    }

    static constexpr uint32_t batch = batch_max;

    // Takes up to a batch. For each, `check(request, id)` says with what status it is refused, or 0. Returns how
    // many there are, and their ids.
    template <typename Check>
    uint32_t take(std::array<Id, batch> &ids, uint64_t &order, Check &&check);
    // After that, in any order, and for what was restored.
    void answer(Id id, int32_t status);
    // Shows the guest all answers. True: it is to be notified.
    [[nodiscard]] bool show();
    // Asks to be woken for the next request. False: there is one.
    [[nodiscard]] bool arm()
    {
        return pv_consumer_arm(&queue_.requests, 1) || pv_consumer_ended(&queue_.requests);
    }

    [[nodiscard]] pv_rule refused() const;
    [[nodiscard]] uint32_t in_flight() const { return queue_.ids.pending; }

  private:
    const Log *log_;
    uint32_t number_;
    pv_backend_queue queue_{};
    std::vector<Id> answered_; // and not shown
};

template <typename Check>
uint32_t Queue::take(std::array<Id, batch> &ids, uint64_t &order, Check &&check)
{
    // Most looks find nothing to fill them with.
    std::array<pv_blk_request, batch> requests; // NOLINT(cppcoreguidelines-pro-type-member-init)
    const uint32_t count =
        pv_backend_queue_take_many(&queue_, requests.data(), sizeof(pv_blk_request), batch);

    if (count == 0)
        return 0;
    const uint32_t first = queue_.requests.side.next - count;
    for (uint32_t i = 0; i < count; i++) {
        const pv_blk_request &request = requests[i];
        const Id id = pv_le16_get(request.head.id);
        Entry &entry = log_->entry(number_, id);

        // Free since its last answer was given: its table may be written.
        const int32_t status = check(request, id);
        reached(Point::checked);
        entry.request = request;
        entry.order = order++;
        entry.request_index = first + i;
        entry.status = status;
        entry.state.store(status == 0 ? EntryState::taken : EntryState::done,
                          std::memory_order_release);
        reached(Point::logged);
        ids[i] = id;
    }
    log_->queue(number_).requests_taken.store(queue_.requests.side.next, std::memory_order_release);
    reached(Point::batch_taken);
    // Nobody waits for room there: who has an id has a slot.
    pv_consumer_release_quietly(&queue_.requests);
    reached(Point::released);
    return count;
}

} // namespace paravane::blk
