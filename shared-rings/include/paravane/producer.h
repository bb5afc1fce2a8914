/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The side that fills a ring. One thread owns it. The usual round:
 *
 *   n = pv_producer_put(p, messages, sizeof(messages[0]), count);
 *   if (pv_producer_publish(p)) notify the consumer;
 *   if (n < count && pv_producer_arm(p, 1)) wait;
 *
 * until pv_producer_refused() or pv_producer_peer_closed() says that there is no use.
 */
#ifndef PARAVANE_PRODUCER_H
#define PARAVANE_PRODUCER_H

#include "side.h"

struct pv_producer {
    struct pv_side side;
};

/* Until attach succeeds nothing can be put. The violations stay the caller's. */
PV_INLINE enum pv_rule pv_producer_attach(struct pv_producer *producer, struct pv_shared memory,
                                          uint64_t bytes, struct pv_ring_geometry geometry,
                                          uint32_t index, struct pv_violations *violations)
{
    enum pv_rule rule = pv_ring_place_check(memory, bytes, geometry);

    if (rule != PV_RULE_KEPT)
        return pv_side_refuse_place(&producer->side, rule, violations);
    return pv_side_attach(&producer->side, PV_PRODUCER, memory, geometry, index, violations);
}

/*
 * Writes again what the log of a dead producer says it put at `index`, before its successor attaches
 * past it: the slot may never have been written. Writing it twice changes nothing.
 */
PV_INLINE enum pv_rule pv_producer_restore(struct pv_shared memory, uint64_t bytes,
                                           struct pv_ring_geometry geometry, uint32_t index,
                                           const void *message)
{
    enum pv_rule rule = pv_ring_place_check(memory, bytes, geometry);

    if (rule == PV_RULE_KEPT)
        pv_shared_copy_in(pv_ring_slot(memory, geometry.slots, geometry.slot_size, index), message,
                          geometry.slot_size);
    return rule;
}

PV_INLINE enum pv_rule pv_producer_refused(const struct pv_producer *producer)
{
    return producer->side.refused;
}

/* Free slots, by a fresh look at the consumer. */
PV_INLINE uint32_t pv_producer_room(struct pv_producer *producer)
{
    return pv_side_look(&producer->side, PV_PRODUCER);
}

/*
 * Fills up to `count` slots from an array of messages of exactly the slot size, whole and initialised
 * to the last byte, and returns how many. They stay unseen until published.
 */
PV_INLINE uint32_t pv_producer_put(struct pv_producer *producer, const void *messages,
                                   uint32_t message_size, uint32_t count)
{
    struct pv_side *side = &producer->side;
    const unsigned char *from = (const unsigned char *)messages;
    uint32_t room = pv_side_known(side, PV_PRODUCER);
    uint32_t next = side->next;
    uint32_t piece;

    if (PV_UNLIKELY(message_size == 0 || message_size != side->slot_size))
        return 0;
    if (room < count) {
        room = pv_side_look(side, PV_PRODUCER);
        if (room < count)
            count = room;
    }
    if (count == 0)
        return 0;
    piece = pv_side_straight(side, count);
    pv_shared_copy_in(pv_side_slot(side, next, message_size), from, piece * message_size);
    if (PV_UNLIKELY(piece < count))
        pv_shared_copy_in(pv_side_slot(side, next + piece, message_size),
                          from + (size_t)piece * message_size, (count - piece) * message_size);
    side->next = next + count;
    return count;
}

/* Shows what was put. True: the consumer asked for it, notify. */
PV_INLINE bool pv_producer_publish(struct pv_producer *producer)
{
    return pv_side_show(&producer->side, PV_PRODUCER);
}

/*
 * Shows what was put to a consumer that is known to poll. The next pv_producer_publish() says to notify,
 * since nobody knows whether it still does.
 */
PV_INLINE void pv_producer_publish_quietly(struct pv_producer *producer)
{
    pv_side_show_quietly(&producer->side, PV_PRODUCER);
}

/*
 * Asks to be notified when `wanted` slots are free. True: they are not, sleep. Publish first. A producer
 * that waits for m slots and a consumer that waits for n messages must leave n + m <= slots + 1.
 */
PV_INLINE bool pv_producer_arm(struct pv_producer *producer, uint32_t wanted)
{
    return pv_side_arm(&producer->side, PV_PRODUCER, wanted);
}

/* True when the consumer has closed: nobody will take what is put. */
PV_INLINE bool pv_producer_peer_closed(struct pv_producer *producer)
{
    return pv_side_peer_closed(&producer->side, PV_PRODUCER);
}

/* No more will be published. Then notify, always. */
PV_INLINE void pv_producer_close(struct pv_producer *producer)
{
    pv_side_close(&producer->side, PV_PRODUCER);
}

#endif
