// SPDX-License-Identifier: Apache-2.0
//
// One queue of a disk, over any number of connections. What was put and not answered when a connection ends
// goes into the next one's rings, in the order in which it was put: the caller waits longer, and sees no
// break. Used by one vCPU at a time; without hypercalls, so that the caller notifies.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "frontend-drivers/blk/request.hpp"

extern "C" {
#include <paravane/frontend_queue.h>
}

namespace keel::blk {

class Queue {
  public:
    // A ring's memory, all of it mapped.
    struct Place {
        pv_shared memory = {0};
        uint64_t bytes = 0;
    };

    // So many requests may be in flight: a power of two, 2 to PV_RING_SLOTS_MAX.
    explicit Queue(uint32_t depth);
    Queue(const Queue &) = delete;
    Queue &operator=(const Queue &) = delete;

    // A page for each request in flight, where its table lies if it needs one.
    void set_tables(pv_shared memory, GrantRef grant);

    // Rings of `depth` slots, fresh and zeroed, on a connection with these features. What waits is put there, and
    // published.
    [[nodiscard]] pv_rule attach(const Place &requests, const Place &responses, uint64_t features);
    // Takes what was answered, for the next poll. The rings' content is final.
    void detach();

    // False: as many are in flight as may be; there is room when some were polled. What a backend would take for a
    // broken rule is not sent, and answered with an error.
    [[nodiscard]] bool put(const Request &request, uint64_t tag);
    // Shows what was put. True: notify.
    [[nodiscard]] bool publish() { return pv_producer_publish(&queue_.requests); }
    // Calls done(tag, status) for what was answered, and returns how often. Requests may be put meanwhile.
    template <class Done> uint32_t poll(Done &&done);
    // Asks to be woken when there is something to poll. False: there may be now.
    [[nodiscard]] bool arm();

    [[nodiscard]] uint32_t depth() const { return queue_.ids.depth; }
    // Put, and not polled.
    [[nodiscard]] uint32_t in_flight() const { return queue_.ids.pending; }
    // The backend is not to be used any more, since it has broken a rule, or answers no more. Looks.
    [[nodiscard]] bool left();
    // Why.
    [[nodiscard]] const char *left_why() const;

  private:
    struct Note {
        uint64_t tag = 0;
        uint64_t order = 0; // among all that was put; 0: it was answered, and waits to be polled
    };
    struct Answer {
        uint32_t id = 0;
        int32_t status = 0;
    };

    [[nodiscard]] bool attached() const { return queue_.requests.side.slots != 0; }
    // 0, or with what status it is answered at once.
    [[nodiscard]] int32_t allowed(uint32_t operation, uint32_t flags) const;
    [[nodiscard]] int32_t encode_with_table(uint32_t id, const Request &request);
    // It counts as in flight until it is polled.
    void answer(uint32_t id, int32_t status);
    void put_again();
    // Whether a response that was taken keeps what the ring does not know of: its reserved bytes, and that the
    // request is the backend's to answer, and not answered already. If not, the ring is refused.
    [[nodiscard]] bool believe(uint32_t id, const pv_blk_response &response);
    void refuse_response(uint32_t id, pv_rule rule);

    pv_frontend_queue queue_{};
    pv_violations violations_{};
    uint32_t operations_ = UINT32_MAX; // until a backend has said what it can do
    uint32_t flags_ = UINT32_MAX;
    uint64_t order_ = 0;
    uint32_t answers_count_ = 0;
    bool closed_ = false;
    pv_shared tables_ = {0};
    GrantRef table_grant_; // none: no request has a table
    // All by id.
    std::unique_ptr<RequestWords[]> requests_;
    std::unique_ptr<Note[]> notes_;
    // These are not.
    std::unique_ptr<Answer[]> answers_;
    std::unique_ptr<uint16_t[]> again_;
};

inline int32_t Queue::allowed(uint32_t operation, uint32_t flags) const
{
    return (operations_ >> operation & 1) != 0 && (flags & ~flags_) == 0 ? 0
                                                                         : PV_BLK_STATUS_NOT_THERE;
}

inline bool Queue::put(const Request &request, uint64_t tag)
{
    // An answered request's slot is ours again when it is released, and not before.
    const uint32_t unreleased = queue_.responses.side.next - queue_.responses.side.shown;

    if (queue_.ids.pending + unreleased >= queue_.ids.depth)
        return false;
    const uint32_t id = pv_ids_acquire(&queue_.ids);
    const uint32_t flags = flags_of(request);
    int32_t status = 0;

    notes_[id] = {tag, ++order_};
    if (PV_LIKELY(request.segments.size() <= 1)) {
        encode(requests_[id], id, request, flags,
               request.segments.empty() ? length_alone(request) : request.segments[0]);
        status = allowed(request.operation, flags);
    } else {
        status = encode_with_table(id, request);
    }
    if (PV_UNLIKELY(status != 0)) {
        answer(id, status);
        return true;
    }
    if (PV_LIKELY(
            pv_producer_put(&queue_.requests, requests_[id].data(), sizeof(RequestWords), 1) == 1))
        return true;
    if (!pv_side_good(&queue_.requests.side))
        return true; // it waits for another connection
    pv_ids_clear(&queue_.ids, id);
    return false;
}

inline bool Queue::believe(uint32_t id, const pv_blk_response &response)
{
    if (PV_LIKELY(response.reserved.wire == 0 && notes_[id].order != 0))
        return true;
    refuse_response(id, response.reserved.wire != 0 ? PV_RULE_RESPONSE_RESERVED
                                                    : PV_RULE_RESPONSE_NOT_PENDING);
    return false;
}

template <class Done> uint32_t Queue::poll(Done &&done)
{
    pv_blk_response response = {};
    uint32_t count = 0;

    while (pv_frontend_queue_take(&queue_, &response.head, sizeof(response))) {
        const uint32_t id = pv_le16_get(response.head.id);

        if (PV_UNLIKELY(!believe(id, response)))
            break;
        count++;
        done(notes_[id].tag, static_cast<int32_t>(pv_le32_get(response.head.status)));
    }
    // Nobody waits for room there: who has an id has a slot.
    if (count != 0)
        pv_consumer_release_quietly(&queue_.responses);
    for (uint32_t left = answers_count_; PV_UNLIKELY(left != 0); left--) {
        const Answer answer = answers_[--answers_count_];

        pv_ids_clear(&queue_.ids, answer.id);
        count++;
        done(notes_[answer.id].tag, answer.status);
    }
    return count;
}

} // namespace keel::blk
