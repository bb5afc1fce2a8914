// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/queue.hpp"

#include <algorithm>
#include <span>

namespace keel::blk {

namespace {

constexpr uint32_t request_bytes = sizeof(pv_blk_request);
constexpr uint32_t response_bytes = sizeof(pv_blk_response);

uint32_t operation_in(const RequestWords &words)
{
    return static_cast<uint32_t>(pv_le64_get(words[0]) >> 16) & UINT8_MAX;
}

uint32_t flags_in(const RequestWords &words)
{
    return static_cast<uint32_t>(pv_le64_get(words[0]) >> 24) & UINT8_MAX;
}

} // namespace

Queue::Queue(uint32_t depth)
    : requests_(std::make_unique<RequestWords[]>(depth)), notes_(std::make_unique<Note[]>(depth)),
      answers_(std::make_unique<Answer[]>(depth)), again_(std::make_unique<uint16_t[]>(depth))
{
    (void)pv_ids_init(&queue_.ids, depth, nullptr);
}

void Queue::set_tables(pv_shared memory, GrantRef grant)
{
    tables_ = memory;
    table_grant_ = grant;
}

pv_rule Queue::attach(const Place &requests, const Place &responses, uint64_t features)
{
    operations_ = operations_of(features);
    flags_ = ((features & PV_BLK_FEATURE_FLUSH) != 0 ? PV_BLK_FLAG_FUA : 0U) |
             ((features & PV_BLK_FEATURE_INDIRECT) != 0 ? PV_BLK_FLAG_INDIRECT : 0U);
    closed_ = false;
    pv_rule rule = pv_producer_attach(&queue_.requests, requests.memory, requests.bytes,
                                      {depth(), request_bytes}, 0, &violations_);
    if (rule == PV_RULE_KEPT)
        rule = pv_consumer_attach(&queue_.responses, responses.memory, responses.bytes,
                                  {depth(), response_bytes}, 0, &violations_);
    // No ids are initialised: those in flight are still.
    if (rule == PV_RULE_KEPT)
        put_again();
    return rule;
}

void Queue::put_again()
{
    uint32_t count = 0;

    for (uint32_t id = 0; id < depth(); id++) {
        if (!pv_ids_pending(&queue_.ids, id) || notes_[id].order == 0)
            continue;
        if (const int32_t status = allowed(operation_in(requests_[id]), flags_in(requests_[id]));
            status != 0)
            answer(id, status);
        else
            again_[count++] = static_cast<uint16_t>(id);
    }
    const std::span<uint16_t> ids(again_.get(), count);
    std::sort(ids.begin(), ids.end(),
              [this](uint16_t a, uint16_t b) { return notes_[a].order < notes_[b].order; });
    for (const uint16_t id : ids)
        (void)pv_producer_put(&queue_.requests, requests_[id].data(), request_bytes, 1);
    (void)publish();
}

void Queue::detach()
{
    pv_blk_response response = {};

    while (pv_frontend_queue_take(&queue_, &response.head, sizeof(response))) {
        const uint32_t id = pv_le16_get(response.head.id);

        if (!believe(id, response))
            break;
        pv_ids_mark(&queue_.ids, id);
        answer(id, static_cast<int32_t>(pv_le32_get(response.head.status)));
    }
    queue_.requests = {};
    queue_.responses = {};
}

void Queue::answer(uint32_t id, int32_t status)
{
    notes_[id].order = 0;
    answers_[answers_count_++] = {id, status};
}

void Queue::refuse_response(uint32_t id, pv_rule rule)
{
    pv_ids_mark(&queue_.ids, id);
    pv_side_refuse(&queue_.responses.side, PV_CONSUMER, rule);
}

int32_t Queue::encode_with_table(uint32_t id, const Request &request)
{
    const auto count = static_cast<uint32_t>(request.segments.size());
    const uint32_t flags = flags_of(request) | PV_BLK_FLAG_INDIRECT;
    const uint32_t offset = id * PV_PAGE_SIZE;

    if (!table_grant_.good() || count > PV_BLK_SEGMENTS_MAX)
        return PV_BLK_STATUS_INVALID;
    encode_table(pv_shared_at(tables_, offset), request.segments);
    encode(requests_[id], id, request, flags,
           {table_grant_, offset, static_cast<uint32_t>(count * sizeof(pv_segment))});
    return allowed(request.operation, flags);
}

bool Queue::arm()
{
    if (answers_count_ != 0)
        return false;
    return !attached() || !pv_side_good(&queue_.responses.side) ||
           pv_consumer_arm(&queue_.responses, 1);
}

bool Queue::left()
{
    if (!attached())
        return false;
    closed_ = closed_ || pv_side_peer_closed(&queue_.responses.side, PV_CONSUMER);
    return closed_ || !pv_side_good(&queue_.requests.side) || !pv_side_good(&queue_.responses.side);
}

const char *Queue::left_why() const
{
    const pv_rule rule = pv_producer_refused(&queue_.requests);

    if (rule != PV_RULE_KEPT)
        return pv_rule_name(rule);
    if (pv_consumer_refused(&queue_.responses) != PV_RULE_KEPT)
        return pv_rule_name(pv_consumer_refused(&queue_.responses));
    return closed_ ? "it has closed its ring" : "it keeps the rules";
}

} // namespace keel::blk
