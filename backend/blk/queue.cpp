// SPDX-License-Identifier: Apache-2.0
#include "backend/blk/queue.hpp"

#include <array>
#include <bit>

namespace paravane::blk {

pv_rule Queue::attach(pv_shared requests, uint64_t request_bytes, pv_shared responses,
                      uint64_t response_bytes, uint32_t depth, const pv_protocol &protocol,
                      bool resumed, pv_violations &violations)
{
    const QueueLog &log = log_->queue(number_);
    const uint32_t taken = resumed ? log.requests_taken.load(std::memory_order_acquire) : 0;
    const uint32_t given = resumed ? log.responses_given.load(std::memory_order_acquire) : 0;
    pv_rule rule = pv_consumer_attach(&queue_.requests, requests, request_bytes,
                                      {depth, sizeof(pv_blk_request)}, taken, &violations);
    if (rule == PV_RULE_KEPT)
        rule = pv_producer_attach(&queue_.responses, responses, response_bytes,
                                  {depth, sizeof(pv_blk_response)}, given, &violations);
    if (rule == PV_RULE_KEPT)
        rule = pv_backend_queue_init(&queue_, depth, protocol);
    // So that it never grows.
    answered_.reserve(depth);
    return rule;
}

void Queue::answer(Id id, int32_t status)
{
    Entry &entry = log_->entry(number_, id);
    // In words: what is stored in smaller pieces and copied in words would have to wait for the stores.
    const auto response = std::bit_cast<pv_blk_response>(std::array<pv_le64, 2>{
        pv_le64_of(id | uint64_t{static_cast<uint32_t>(status)} << 32), pv_le64_of(0)});

    entry.status = status;
    entry.response_index = queue_.responses.side.next;
    entry.state.store(EntryState::answered, std::memory_order_release);
    reached(Point::answered);
    (void)pv_backend_queue_respond(&queue_, &response.head, sizeof(response));
    answered_.push_back(id);
    reached(Point::put);
}

bool Queue::show()
{
    const pv_side &side = queue_.responses.side;

    if (side.next == side.shown)
        return false;
    log_->queue(number_).responses_given.store(side.next, std::memory_order_release);
    reached(Point::batch_given);
    const bool notify = pv_producer_publish(&queue_.responses);
    reached(Point::shown);
    // Given, and so over: in a log that says otherwise for ever, positions would come round again.
    for (const Id id : answered_)
        log_->entry(number_, id).state.store(EntryState::free, std::memory_order_release);
    answered_.clear();
    return notify;
}

pv_rule Queue::refused() const
{
    const pv_rule rule = pv_consumer_refused(&queue_.requests);
    return rule == PV_RULE_KEPT ? pv_producer_refused(&queue_.responses) : rule;
}

} // namespace paravane::blk
