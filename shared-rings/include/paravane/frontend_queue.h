/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The guest half of a device queue: fills the request ring, empties the response ring, and believes
 * a response only for a request that is in flight.
 */
#ifndef PARAVANE_FRONTEND_QUEUE_H
#define PARAVANE_FRONTEND_QUEUE_H

#include "consumer.h"
#include "ids.h"
#include "message.h"
#include "producer.h"

struct pv_frontend_queue {
    struct pv_producer requests;
    struct pv_consumer responses;
    struct pv_ids ids;
};

/*
 * Joins two rings on which attach was called. `depth` requests may be in flight: no more than either
 * ring holds, so that a free id means a free slot in both and neither half ever waits for room.
 */
PV_INLINE enum pv_rule pv_frontend_queue_init(struct pv_frontend_queue *queue, uint32_t depth)
{
    bool fits = depth <= queue->requests.side.slots && depth <= queue->responses.side.slots;

    return pv_ids_init(&queue->ids, fits ? depth : 0, queue->responses.side.violations);
}

/*
 * Puts one request, of the request ring's slot size, under an id of its own, which it writes into the
 * head and returns. PV_ID_NONE: as many are in flight as may be, counting those whose responses were
 * taken but not yet released; or a ring was refused. Publish the request ring after a batch.
 */
PV_INLINE uint32_t pv_frontend_queue_put(struct pv_frontend_queue *queue,
                                         struct pv_request_head *request, uint32_t request_size)
{
    uint32_t unreleased = queue->responses.side.next - queue->responses.side.shown;
    uint32_t id;

    if (queue->ids.pending + unreleased >= queue->ids.depth)
        return PV_ID_NONE;
    id = pv_ids_acquire(&queue->ids);
    request->id = pv_le16_of((uint16_t)id);
    if (pv_producer_put(&queue->requests, request, request_size, 1) == 1)
        return id;
    pv_ids_clear(&queue->ids, id);
    return PV_ID_NONE;
}

/* `response` is a private copy. */
PV_INLINE enum pv_rule pv_frontend_response_check(const struct pv_frontend_queue *queue,
                                                  const struct pv_response_head *response)
{
    uint32_t id = pv_le16_get(response->id);
    int32_t status = (int32_t)pv_le32_get(response->status);

    if (!pv_ids_known(&queue->ids, id))
        return PV_RULE_RESPONSE_ID;
    if (!pv_ids_pending(&queue->ids, id))
        return PV_RULE_RESPONSE_NOT_PENDING;
    if (status > 0 || status < -PV_STATUS_ERROR_MAX)
        return PV_RULE_RESPONSE_STATUS;
    if (pv_le16_get(response->reserved) != 0)
        return PV_RULE_RESPONSE_RESERVED;
    return PV_RULE_KEPT;
}

/*
 * Takes one checked response and frees its id. False: none is there, or the ring was refused. Release
 * the response ring after a batch, before more requests are put.
 */
PV_INLINE bool pv_frontend_queue_take(struct pv_frontend_queue *queue,
                                      struct pv_response_head *response, uint32_t response_size)
{
    enum pv_rule rule;

    if (pv_consumer_take(&queue->responses, response, response_size, 1) == 0)
        return false;
    rule = pv_frontend_response_check(queue, response);
    if (PV_UNLIKELY(rule != PV_RULE_KEPT)) {
        pv_side_refuse(&queue->responses.side, PV_CONSUMER, rule);
        return false;
    }
    pv_ids_clear(&queue->ids, pv_le16_get(response->id));
    return true;
}

#endif
