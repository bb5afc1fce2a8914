/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The side that empties a ring. One thread owns it. The usual round:
 *
 *   while ((n = pv_consumer_take(c, messages, sizeof(messages[0]), most)) > 0) {
 *       use them;
 *       if (pv_consumer_release(c)) notify the producer;
 *   }
 *   if (pv_consumer_arm(c, 1)) wait;
 *
 * until pv_consumer_refused() or pv_consumer_ended() says that no more will come.
 *
 * What was taken is a private copy. A slot goes back to the producer at release, not before, so that
 * a log can hold the message first.
 */
#ifndef PARAVANE_CONSUMER_H
#define PARAVANE_CONSUMER_H

#include "side.h"

/* A policy need not know how. */
#ifndef PV_SHARED_PREFETCH
#define PV_SHARED_PREFETCH(at) ((void)(at))
#endif

struct pv_consumer {
    struct pv_side side;
};

/* Until attach succeeds nothing can be taken. The violations stay the caller's. */
PV_INLINE enum pv_rule pv_consumer_attach(struct pv_consumer *consumer, struct pv_shared memory,
                                          uint64_t bytes, struct pv_ring_geometry geometry,
                                          uint32_t index, struct pv_violations *violations)
{
    enum pv_rule rule = pv_ring_place_check(memory, bytes, geometry);

    if (rule != PV_RULE_KEPT)
        return pv_side_refuse_place(&consumer->side, rule, violations);
    return pv_side_attach(&consumer->side, PV_CONSUMER, memory, geometry, index, violations);
}

PV_INLINE enum pv_rule pv_consumer_refused(const struct pv_consumer *consumer)
{
    return consumer->side.refused;
}

/* Messages to take, by a fresh look at the producer. */
PV_INLINE uint32_t pv_consumer_available(struct pv_consumer *consumer)
{
    return pv_side_look(&consumer->side, PV_CONSUMER);
}

/* Copies out up to `most` messages of exactly the slot size and returns how many. */
PV_INLINE uint32_t pv_consumer_take(struct pv_consumer *consumer, void *messages,
                                    uint32_t message_size, uint32_t most)
{
    struct pv_side *side = &consumer->side;
    unsigned char *to = (unsigned char *)messages;
    uint32_t count = pv_side_known(side, PV_CONSUMER);
    uint32_t next = side->next;
    uint32_t piece;

    if (PV_UNLIKELY(message_size == 0 || message_size != side->slot_size))
        return 0;
    if (count == 0) {
        /* So that a message comes along with the index, and not after it. */
        PV_SHARED_PREFETCH(pv_side_slot(side, next, message_size));
        count = pv_side_look(side, PV_CONSUMER);
    }
    if (count > most)
        count = most;
    if (count == 0)
        return 0;
    piece = pv_side_straight(side, count);
    pv_shared_copy_out(to, pv_side_slot(side, next, message_size), piece * message_size);
    if (PV_UNLIKELY(piece < count))
        pv_shared_copy_out(to + (size_t)piece * message_size,
                           pv_side_slot(side, next + piece, message_size),
                           (count - piece) * message_size);
    side->next = next + count;
    return count;
}

/* Gives the slots taken back. True: the producer waits for them, notify. */
PV_INLINE bool pv_consumer_release(struct pv_consumer *consumer)
{
    return pv_side_show(&consumer->side, PV_CONSUMER);
}

/* Gives the slots taken back to a producer that is known not to sleep for room. */
PV_INLINE void pv_consumer_release_quietly(struct pv_consumer *consumer)
{
    pv_side_show_quietly(&consumer->side, PV_CONSUMER);
}

/* Asks to be notified when `wanted` messages are there. True: they are not, sleep. Release first. */
PV_INLINE bool pv_consumer_arm(struct pv_consumer *consumer, uint32_t wanted)
{
    return pv_side_arm(&consumer->side, PV_CONSUMER, wanted);
}

/* True when the producer has closed and all it published was taken. */
PV_INLINE bool pv_consumer_ended(struct pv_consumer *consumer)
{
    return pv_side_peer_closed(&consumer->side, PV_CONSUMER) &&
           pv_side_known(&consumer->side, PV_CONSUMER) == 0;
}

/* No more will be taken or released. Then notify, always. */
PV_INLINE void pv_consumer_close(struct pv_consumer *consumer)
{
    pv_side_close(&consumer->side, PV_CONSUMER);
}

#endif
