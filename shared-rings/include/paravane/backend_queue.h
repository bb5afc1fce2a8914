/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The host half of a device queue: empties the request ring, fills the response ring, and acts only
 * on requests that the protocol offered, under ids that are not yet in flight.
 */
#ifndef PARAVANE_BACKEND_QUEUE_H
#define PARAVANE_BACKEND_QUEUE_H

#include "consumer.h"
#include "ids.h"
#include "message.h"
#include "producer.h"

/* What was negotiated; a frontend that uses more is refused. */
struct pv_protocol {
    uint64_t operations; /* one bit an operation, 0 to 63 */
    uint8_t flags;       /* every flag that may be set */
};

struct pv_backend_queue {
    struct pv_consumer requests;
    struct pv_producer responses;
    struct pv_protocol protocol;
    struct pv_ids ids;
};

/* Joins two rings on which attach was called; `depth` as the frontend's. */
PV_INLINE enum pv_rule pv_backend_queue_init(struct pv_backend_queue *queue, uint32_t depth,
                                             struct pv_protocol protocol)
{
    bool fits = depth <= queue->requests.side.slots && depth <= queue->responses.side.slots;

    queue->protocol = protocol;
    return pv_ids_init(&queue->ids, fits ? depth : 0, queue->responses.side.violations);
}

/*
 * Marks a request in flight that the log of a predecessor holds, before the first take. False: the
 * log itself is wrong.
 */
PV_INLINE bool pv_backend_queue_restore(struct pv_backend_queue *queue, uint32_t id)
{
    if (!pv_ids_known(&queue->ids, id) || pv_ids_pending(&queue->ids, id))
        return false;
    pv_ids_mark(&queue->ids, id);
    return true;
}

/* `request` is a private copy. */
PV_INLINE enum pv_rule pv_backend_request_check(const struct pv_backend_queue *queue,
                                                const struct pv_request_head *request)
{
    uint32_t id = pv_le16_get(request->id);

    if (!pv_ids_known(&queue->ids, id))
        return PV_RULE_REQUEST_ID;
    if (pv_ids_pending(&queue->ids, id))
        return PV_RULE_REQUEST_PENDING;
    if (request->operation >= 64 || ((queue->protocol.operations >> request->operation) & 1) == 0)
        return PV_RULE_OPERATION;
    if ((request->flags & ~(unsigned int)queue->protocol.flags) != 0)
        return PV_RULE_REQUEST_FLAGS;
    if (pv_le32_get(request->reserved) != 0)
        return PV_RULE_REQUEST_RESERVED;
    return PV_RULE_KEPT;
}

/*
 * Takes up to `most` checked requests, of the request ring's slot size, into an array, marks their ids, and
 * returns how many. Fewer than are there: one of them broke a rule, and the ring is refused. Release the
 * request ring after a batch, once the log has it, before any response is put.
 *
 * Many are copied at once, so that the processor fetches their lines from the frontend's core side by side.
 */
PV_INLINE uint32_t pv_backend_queue_take_many(struct pv_backend_queue *queue, void *requests,
                                              uint32_t request_size, uint32_t most)
{
    const unsigned char *from = (const unsigned char *)requests;
    uint32_t count = pv_consumer_take(&queue->requests, requests, request_size, most);
    uint32_t i;

    for (i = 0; i < count; i++) {
        const struct pv_request_head *head =
            (const struct pv_request_head *)(const void *)(from + (size_t)i * request_size);
        enum pv_rule rule = pv_backend_request_check(queue, head);

        if (PV_UNLIKELY(rule != PV_RULE_KEPT)) {
            /* What is behind it is not taken. */
            queue->requests.side.next -= count - i - 1;
            pv_side_refuse(&queue->requests.side, PV_CONSUMER, rule);
            break;
        }
        pv_ids_mark(&queue->ids, pv_le16_get(head->id));
    }
    return i;
}

/* Takes one. False: none is there, or the ring was refused. */
PV_INLINE bool pv_backend_queue_take(struct pv_backend_queue *queue,
                                     struct pv_request_head *request, uint32_t request_size)
{
    return pv_backend_queue_take_many(queue, request, request_size, 1) == 1;
}

/*
 * Puts the response to a request in flight. False: no such request; or requests were taken and not yet
 * released, in which case a frontend could see its id free again and find no slot for it; or a frontend
 * that publishes more than it has room for responses. Publish the response ring after a batch.
 */
PV_INLINE bool pv_backend_queue_respond(struct pv_backend_queue *queue,
                                        const struct pv_response_head *response,
                                        uint32_t response_size)
{
    uint32_t id = pv_le16_get(response->id);

    if (!pv_ids_known(&queue->ids, id) || !pv_ids_pending(&queue->ids, id))
        return false;
    if (queue->requests.side.next != queue->requests.side.shown)
        return false;
    if (pv_producer_put(&queue->responses, response, response_size, 1) == 0)
        return false;
    pv_ids_clear(&queue->ids, id);
    return true;
}

#endif
