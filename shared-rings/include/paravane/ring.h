/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * A ring as it lies in shared memory: a control block, then the slots. Nothing in it tells its size;
 * both sides know the geometry from the store and keep it privately.
 */
#ifndef PARAVANE_RING_H
#define PARAVANE_RING_H

#include "rules.h"
#include "shared.h"

#define PV_RING_SLOTS_MIN 2u
#define PV_RING_SLOTS_MAX 32768u
#define PV_SLOT_SIZE_MIN 16u
#define PV_SLOT_SIZE_MAX 256u
#define PV_SLOT_SIZE_UNIT 16u

/* Two cache lines of 64 bytes: adjacent-line prefetchers couple lines in pairs. */
#define PV_RING_LINE 128u

#define PV_RING_OPEN 0u
#define PV_RING_CLOSED 1u

/* Index and state change together with work; only their owner writes this line. */
struct pv_ring_index_line {
    struct pv_le32 index;
    struct pv_le32 state;
    uint8_t reserved[PV_RING_LINE - 8];
};

/* Events change only before sleep, so the other side's copy of this line mostly stays valid. */
struct pv_ring_event_line {
    struct pv_le32 event;
    uint8_t reserved[PV_RING_LINE - 4];
};

struct pv_ring_control {
    struct pv_ring_index_line producer;
    struct pv_ring_event_line producer_event;
    struct pv_ring_index_line consumer;
    struct pv_ring_event_line consumer_event;
};

PV_STATIC_ASSERT(sizeof(struct pv_ring_index_line) == PV_RING_LINE, "one writer a line");
PV_STATIC_ASSERT(sizeof(struct pv_ring_event_line) == PV_RING_LINE, "one writer a line");
PV_STATIC_ASSERT(offsetof(struct pv_ring_control, producer) == 0x000, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_ring_control, producer.state) == 0x004, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_ring_control, producer_event) == 0x080, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_ring_control, consumer) == 0x100, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_ring_control, consumer.state) == 0x104, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_ring_control, consumer_event) == 0x180, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_ring_control) == 0x200, "ABI: slots begin here");

struct pv_ring_geometry {
    uint32_t slots;
    uint32_t slot_size; /* bytes */
};

/* Bytes from the ring's start to the end of its last slot; the geometry need not be valid. */
PV_INLINE uint64_t pv_ring_bytes(struct pv_ring_geometry geometry)
{
    return sizeof(struct pv_ring_control) + (uint64_t)geometry.slots * geometry.slot_size;
}

PV_INLINE bool pv_is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

PV_INLINE enum pv_rule pv_ring_geometry_check(struct pv_ring_geometry geometry)
{
    if (!pv_is_power_of_two(geometry.slots) || geometry.slots < PV_RING_SLOTS_MIN ||
        geometry.slots > PV_RING_SLOTS_MAX)
        return PV_RULE_SLOTS;
    if (geometry.slot_size % PV_SLOT_SIZE_UNIT != 0 || geometry.slot_size < PV_SLOT_SIZE_MIN ||
        geometry.slot_size > PV_SLOT_SIZE_MAX)
        return PV_RULE_SLOT_SIZE;
    return PV_RULE_KEPT;
}

/* What both sides check before they attach: `bytes` is what is mapped from `memory` on. */
PV_INLINE enum pv_rule pv_ring_place_check(struct pv_shared memory, uint64_t bytes,
                                           struct pv_ring_geometry geometry)
{
    enum pv_rule rule = pv_ring_geometry_check(geometry);

    if (rule != PV_RULE_KEPT)
        return rule;
    if (memory.address % PV_RING_LINE != 0)
        return PV_RULE_ALIGNMENT;
    if (bytes < pv_ring_bytes(geometry))
        return PV_RULE_MEMORY;
    return PV_RULE_KEPT;
}

/* The slot of a free-running index. */
PV_INLINE struct pv_shared pv_ring_slot(struct pv_shared memory, uint32_t slots, uint32_t slot_size,
                                        uint32_t index)
{
    return pv_shared_at(memory, (uint32_t)sizeof(struct pv_ring_control) +
                                    (index & (slots - 1)) * slot_size);
}

/* Zeroes a ring before its peer is told of it. The side that allocates the memory formats it, once. */
PV_INLINE void pv_ring_format(struct pv_shared memory, uint64_t bytes)
{
    static const uint64_t zero[PV_RING_LINE / 8] = {0};
    uint64_t done = 0;

    while (done < bytes) {
        uint32_t piece = bytes - done < PV_RING_LINE ? (uint32_t)(bytes - done) : PV_RING_LINE;

        pv_shared_copy_in(memory, zero, piece);
        memory = pv_shared_at(memory, piece);
        done += piece;
    }
}

#endif
