/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * One side of a ring: the producer and the consumer are the same machine with another credit.
 *
 *   may move:   seen + credit - next        slots to fill, or to take
 *   peer may:   shown + slots - credit      no further than this
 *
 * where credit is `slots` for the producer (an empty ring is all room) and 0 for the consumer. The
 * stream rings use it too, with slots of one byte.
 */
#ifndef PARAVANE_SIDE_H
#define PARAVANE_SIDE_H

#include "ring.h"

enum pv_role { PV_PRODUCER, PV_CONSUMER };

/* Private memory of its owner, single-threaded. Indices are free-running and wrap at 2^32. */
struct pv_side {
    struct pv_shared memory;
    struct pv_violations *violations;
    uint32_t slots;       /* a power of two; 0 until attached, and then nothing moves */
    uint32_t slot_size;   /* bytes */
    uint32_t next;        /* the slot that this side fills or takes next */
    uint32_t shown;       /* our index as the peer was last shown it; never read back */
    uint32_t seen;        /* the peer's index when it last passed the rules */
    bool peer_closed;     /* then `seen` is final */
    bool quiet;           /* something was shown without asking whether the peer sleeps */
    enum pv_rule refused; /* PV_RULE_KEPT while the ring is good */
};

PV_INLINE uint32_t pv_side_own(enum pv_role role)
{
    return role == PV_PRODUCER ? (uint32_t)offsetof(struct pv_ring_control, producer)
                               : (uint32_t)offsetof(struct pv_ring_control, consumer);
}

PV_INLINE enum pv_role pv_side_peer(enum pv_role role)
{
    return role == PV_PRODUCER ? PV_CONSUMER : PV_PRODUCER;
}

PV_INLINE struct pv_shared pv_side_word(const struct pv_side *side, enum pv_role whose,
                                        uint32_t offset)
{
    return pv_shared_at(side->memory, pv_side_own(whose) + offset);
}

#define PV_SIDE_INDEX 0u
#define PV_SIDE_STATE 4u
#define PV_SIDE_EVENT PV_RING_LINE

PV_STATIC_ASSERT(offsetof(struct pv_ring_control, producer_event) ==
                     offsetof(struct pv_ring_control, producer) + PV_SIDE_EVENT,
                 "each side's event line follows its index line");
PV_STATIC_ASSERT(offsetof(struct pv_ring_control, consumer_event) ==
                     offsetof(struct pv_ring_control, consumer) + PV_SIDE_EVENT,
                 "each side's event line follows its index line");

PV_INLINE uint32_t pv_side_credit(const struct pv_side *side, enum pv_role role)
{
    return role == PV_PRODUCER ? side->slots : 0;
}

/* Slots to fill or take by what was last seen of the peer. */
PV_INLINE uint32_t pv_side_known(const struct pv_side *side, enum pv_role role)
{
    return side->seen + pv_side_credit(side, role) - side->next;
}

PV_INLINE void pv_side_refuse(struct pv_side *side, enum pv_role role, enum pv_rule rule)
{
    side->refused = rule;
    side->seen = side->next - pv_side_credit(side, role);
    pv_violation_count(side->violations, rule);
}

/* True while the side is attached and its peer has kept the rules. */
PV_INLINE bool pv_side_good(const struct pv_side *side)
{
    return side->slots != 0 && side->refused == PV_RULE_KEPT;
}

/* Takes one reading of the peer's index: keeps it, or refuses the ring. */
PV_INLINE bool pv_side_accept(struct pv_side *side, enum pv_role role, uint32_t now)
{
    uint32_t limit = side->shown + side->slots - pv_side_credit(side, role);
    bool back;

    if (PV_LIKELY(now - side->seen <= limit - side->seen)) {
        if (PV_LIKELY(!side->peer_closed || now == side->seen)) {
            side->seen = now;
            return true;
        }
        pv_side_refuse(side, role, PV_RULE_MOVED_CLOSED);
        return false;
    }
    back = (int32_t)(now - side->seen) < 0;
    if (role == PV_PRODUCER)
        pv_side_refuse(side, role, back ? PV_RULE_CONSUMER_BACK : PV_RULE_CONSUMER_PAST);
    else
        pv_side_refuse(side, role, back ? PV_RULE_PRODUCER_BACK : PV_RULE_PRODUCER_PAST);
    return false;
}

/* Reads the peer's index anew and returns the slots to fill or take; 0 when the ring is refused. */
PV_INLINE uint32_t pv_side_look(struct pv_side *side, enum pv_role role)
{
    if (PV_UNLIKELY(!pv_side_good(side)))
        return 0;
    if (!pv_side_accept(
            side, role,
            pv_shared_load_acquire(pv_side_word(side, pv_side_peer(role), PV_SIDE_INDEX))))
        return 0;
    return pv_side_known(side, role);
}

/*
 * True when the peer has closed and nothing more will come. The index is read again after the state:
 * a reading from before it may lack what the peer published last.
 */
PV_INLINE bool pv_side_peer_closed(struct pv_side *side, enum pv_role role)
{
    uint32_t state;

    if (!pv_side_good(side))
        return false;
    state = pv_shared_load_acquire(pv_side_word(side, pv_side_peer(role), PV_SIDE_STATE));
    if (state > PV_RING_CLOSED) {
        pv_side_refuse(side, role, PV_RULE_STATE);
        return false;
    }
    if (side->peer_closed) {
        if (state != PV_RING_CLOSED)
            pv_side_refuse(side, role, PV_RULE_REOPENED);
        return side->refused == PV_RULE_KEPT;
    }
    if (state == PV_RING_CLOSED) {
        pv_side_look(side, role);
        side->peer_closed = side->refused == PV_RULE_KEPT;
    }
    return side->peer_closed;
}

PV_INLINE void pv_side_show_index(struct pv_side *side, enum pv_role role)
{
    side->shown = side->next;
    pv_shared_store_release(pv_side_word(side, role, PV_SIDE_INDEX), side->shown);
}

/* Shows the peer all that was filled or taken, without asking whether it sleeps. */
PV_INLINE void pv_side_show_quietly(struct pv_side *side, enum pv_role role)
{
    if (side->next == side->shown || !pv_side_good(side))
        return;
    pv_side_show_index(side, role);
    side->quiet = true;
}

/*
 * Shows the peer all that was filled or taken; true when the peer is to be notified of it: because it
 * asked to be, or because it may have asked while we showed quietly.
 */
PV_INLINE bool pv_side_show(struct pv_side *side, enum pv_role role)
{
    uint32_t old = side->shown;
    bool quiet = side->quiet;
    uint32_t event;

    if ((side->next == old && !quiet) || !pv_side_good(side))
        return false;
    side->quiet = false;
    pv_side_show_index(side, role);
    /* The index before the event, against the peer's event before the index: one side sees the other. */
    pv_shared_fence();
    event = pv_shared_load_relaxed(pv_side_word(side, pv_side_peer(role), PV_SIDE_EVENT));
    return side->shown - event < side->shown - old || quiet;
}

/*
 * Asks to be notified once `wanted` slots may be filled or taken (0 counts as 1, more than the ring has
 * as all of it). True: that is still to come, sleep. False: the ring has them, or was closed, or was
 * refused, or this side has something to show first, which the peer may be waiting for: look. A peer
 * that closes with fewer to come notifies all the same.
 */
PV_INLINE bool pv_side_arm(struct pv_side *side, enum pv_role role, uint32_t wanted)
{
    if (!pv_side_good(side) || side->next != side->shown)
        return false;
    if (wanted == 0)
        wanted = 1;
    if (wanted > side->slots)
        wanted = side->slots;
    pv_shared_store_relaxed(pv_side_word(side, role, PV_SIDE_EVENT),
                            side->next + wanted - pv_side_credit(side, role));
    pv_shared_fence();
    if (pv_side_peer_closed(side, role))
        return false;
    return pv_side_look(side, role) < wanted && side->refused == PV_RULE_KEPT;
}

/*
 * Ends this side, after what it has shown; it does not come back. The caller notifies the peer, always;
 * the fence is for that notification, which orders nothing by itself.
 */
PV_INLINE void pv_side_close(struct pv_side *side, enum pv_role role)
{
    if (side->slots == 0)
        return;
    pv_shared_store_release(pv_side_word(side, role, PV_SIDE_STATE), PV_RING_CLOSED);
    pv_shared_fence();
}

/* The slot of an index. `slot_size` is the side's own, passed so that it can be a constant. */
PV_INLINE struct pv_shared pv_side_slot(const struct pv_side *side, uint32_t index,
                                        uint32_t slot_size)
{
    return pv_ring_slot(side->memory, side->slots, slot_size, index);
}

/* How many of the next `count` slots lie in one piece: those up to the ring's end. */
PV_INLINE uint32_t pv_side_straight(const struct pv_side *side, uint32_t count)
{
    uint32_t to_end = side->slots - (side->next & (side->slots - 1));

    return count < to_end ? count : to_end;
}

/* True when the peer's index and event lines hold nothing but what they are for. */
PV_INLINE bool pv_side_reserved_is_zero(const struct pv_side *side, enum pv_role whose)
{
    uint32_t offset;

    for (offset = 0; offset < 2 * PV_RING_LINE; offset += 8) {
        uint32_t words[2];

        /* The live words are the peer's to change at any time; these two pairs hold them. */
        if (offset == PV_SIDE_INDEX || offset == PV_SIDE_EVENT)
            continue;
        pv_shared_copy_out(words, pv_side_word(side, whose, offset), 8);
        if ((words[0] | words[1]) != 0)
            return false;
    }
    return pv_shared_load_relaxed(pv_side_word(side, whose, PV_SIDE_EVENT + 4)) == 0;
}

/* A side whose place in memory was refused: nothing moves, ever. */
PV_INLINE enum pv_rule pv_side_refuse_place(struct pv_side *side, enum pv_rule rule,
                                            struct pv_violations *violations)
{
    side->memory.address = 0;
    side->violations = violations;
    side->slots = 0;
    side->slot_size = 0;
    side->next = 0;
    side->shown = 0;
    side->seen = 0;
    side->peer_closed = false;
    side->quiet = false;
    side->refused = rule;
    pv_violation_count(violations, rule);
    return rule;
}

/*
 * Attaches to formatted memory whose place and geometry were checked. `index` is 0 for a new ring and
 * what this side's own log says when it comes back to one: never less than the peer was shown, since
 * the log is written first. The caller then notifies the peer once, which the fence is for.
 */
PV_INLINE enum pv_rule pv_side_attach(struct pv_side *side, enum pv_role role,
                                      struct pv_shared memory, struct pv_ring_geometry geometry,
                                      uint32_t index, struct pv_violations *violations)
{
    side->memory = memory;
    side->violations = violations;
    side->slots = geometry.slots;
    side->slot_size = geometry.slot_size;
    side->next = index;
    side->shown = index;
    side->seen = index - pv_side_credit(side, role);
    side->peer_closed = false;
    side->quiet = false;
    side->refused = PV_RULE_KEPT;
    if (!pv_side_reserved_is_zero(side, pv_side_peer(role))) {
        pv_side_refuse(side, role, PV_RULE_RESERVED_CONTROL);
        return side->refused;
    }
    if (pv_side_accept(
            side, role,
            pv_shared_load_acquire(pv_side_word(side, pv_side_peer(role), PV_SIDE_INDEX)))) {
        pv_side_show_index(side, role);
        pv_shared_fence();
    }
    return side->refused;
}

#endif
