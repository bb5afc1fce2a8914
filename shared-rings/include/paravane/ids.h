/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The ids of the requests in flight on one device queue: a bitmap in private memory. A frontend
 * acquires them, a backend marks those that it was sent; both refuse what is not so.
 */
#ifndef PARAVANE_IDS_H
#define PARAVANE_IDS_H

#include "ring.h"

#define PV_IDS_WORD_BITS 64u
#define PV_IDS_WORDS_MAX (PV_RING_SLOTS_MAX / PV_IDS_WORD_BITS)
#define PV_ID_NONE 0xffffffffu

struct pv_ids {
    uint32_t depth;   /* ids are 0 to depth - 1; 0 before a successful init */
    uint32_t pending; /* how many are in flight */
    uint32_t hint;    /* the word in which to look for a free id first */
    uint64_t map[PV_IDS_WORDS_MAX];
};

/* `violations` counts a depth that is refused; NULL where no ring was ever attached. */
PV_INLINE enum pv_rule pv_ids_init(struct pv_ids *ids, uint32_t depth,
                                   struct pv_violations *violations)
{
    bool fits = depth >= 1 && depth <= PV_RING_SLOTS_MAX;
    uint32_t i;

    ids->depth = fits ? depth : 0;
    ids->pending = 0;
    ids->hint = 0;
    for (i = 0; i < PV_IDS_WORDS_MAX; i++)
        ids->map[i] = 0;
    if (fits)
        return PV_RULE_KEPT;
    if (violations)
        pv_violation_count(violations, PV_RULE_DEPTH);
    return PV_RULE_DEPTH;
}

PV_INLINE bool pv_ids_known(const struct pv_ids *ids, uint32_t id)
{
    return id < ids->depth;
}

/* `id` must be known. */
PV_INLINE bool pv_ids_pending(const struct pv_ids *ids, uint32_t id)
{
    return (ids->map[id / PV_IDS_WORD_BITS] >> (id % PV_IDS_WORD_BITS)) & 1;
}

/* `id` must be known and not pending. */
PV_INLINE void pv_ids_mark(struct pv_ids *ids, uint32_t id)
{
    ids->map[id / PV_IDS_WORD_BITS] |= (uint64_t)1 << (id % PV_IDS_WORD_BITS);
    ids->pending++;
}

/* `id` must be known and pending. */
PV_INLINE void pv_ids_clear(struct pv_ids *ids, uint32_t id)
{
    ids->map[id / PV_IDS_WORD_BITS] &= ~((uint64_t)1 << (id % PV_IDS_WORD_BITS));
    ids->pending--;
    ids->hint = id / PV_IDS_WORD_BITS;
}

/* Marks a free id and returns it; PV_ID_NONE when all are in flight. */
PV_INLINE uint32_t pv_ids_acquire(struct pv_ids *ids)
{
    uint32_t words = (ids->depth + PV_IDS_WORD_BITS - 1) / PV_IDS_WORD_BITS;
    uint32_t word = ids->hint;
    uint32_t id;

    if (ids->pending == ids->depth)
        return PV_ID_NONE;
    for (;;) {
        uint64_t free = ~ids->map[word];

        if (free != 0) {
            id = word * PV_IDS_WORD_BITS + (uint32_t)__builtin_ctzll(free);
            if (id < ids->depth)
                break;
        }
        word = word + 1 < words ? word + 1 : 0;
    }
    ids->hint = word;
    pv_ids_mark(ids, id);
    return id;
}

#endif
