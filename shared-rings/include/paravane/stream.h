/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * A ring of bytes, for consoles and channels: the control block and the protocol of the slot rings,
 * with slots of one byte. Writes and reads are partial and never wait.
 */
#ifndef PARAVANE_STREAM_H
#define PARAVANE_STREAM_H

#include "side.h"

#define PV_STREAM_BYTES_MIN 16u
#define PV_STREAM_BYTES_MAX (16u << 20)

struct pv_stream_writer {
    struct pv_side side;
};

struct pv_stream_reader {
    struct pv_side side;
};

PV_INLINE enum pv_rule pv_stream_place_check(struct pv_shared memory, uint64_t bytes, uint32_t size)
{
    if (!pv_is_power_of_two(size) || size < PV_STREAM_BYTES_MIN || size > PV_STREAM_BYTES_MAX)
        return PV_RULE_SLOTS;
    if (memory.address % PV_RING_LINE != 0)
        return PV_RULE_ALIGNMENT;
    if (bytes < sizeof(struct pv_ring_control) + size)
        return PV_RULE_MEMORY;
    return PV_RULE_KEPT;
}

PV_INLINE enum pv_rule pv_stream_attach(struct pv_side *side, enum pv_role role,
                                        struct pv_shared memory, uint64_t bytes, uint32_t size,
                                        uint32_t index, struct pv_violations *violations)
{
    enum pv_rule rule = pv_stream_place_check(memory, bytes, size);
    struct pv_ring_geometry geometry = {size, 1};

    if (rule != PV_RULE_KEPT)
        return pv_side_refuse_place(side, rule, violations);
    return pv_side_attach(side, role, memory, geometry, index, violations);
}

/* `size` is the ring's capacity in bytes, `bytes` what is mapped from `memory` on. */
PV_INLINE enum pv_rule pv_stream_writer_attach(struct pv_stream_writer *writer,
                                               struct pv_shared memory, uint64_t bytes,
                                               uint32_t size, uint32_t index,
                                               struct pv_violations *violations)
{
    return pv_stream_attach(&writer->side, PV_PRODUCER, memory, bytes, size, index, violations);
}

PV_INLINE enum pv_rule pv_stream_reader_attach(struct pv_stream_reader *reader,
                                               struct pv_shared memory, uint64_t bytes,
                                               uint32_t size, uint32_t index,
                                               struct pv_violations *violations)
{
    return pv_stream_attach(&reader->side, PV_CONSUMER, memory, bytes, size, index, violations);
}

/* Writes as many of the `count` bytes as there is room for, and returns how many. */
PV_INLINE uint32_t pv_stream_write(struct pv_stream_writer *writer, const void *bytes,
                                   uint32_t count)
{
    struct pv_side *side = &writer->side;
    const unsigned char *from = (const unsigned char *)bytes;
    uint32_t room = pv_side_known(side, PV_PRODUCER);
    uint32_t piece;

    if (room < count) {
        room = pv_side_look(side, PV_PRODUCER);
        if (room < count)
            count = room;
    }
    if (count == 0)
        return 0;
    piece = pv_side_straight(side, count);
    pv_shared_copy_in(pv_side_slot(side, side->next, 1), from, piece);
    if (piece < count)
        pv_shared_copy_in(pv_side_slot(side, side->next + piece, 1), from + piece, count - piece);
    side->next += count;
    return count;
}

/* Reads up to `most` bytes and returns how many. */
PV_INLINE uint32_t pv_stream_read(struct pv_stream_reader *reader, void *bytes, uint32_t most)
{
    struct pv_side *side = &reader->side;
    unsigned char *to = (unsigned char *)bytes;
    uint32_t count = pv_side_known(side, PV_CONSUMER);
    uint32_t piece;

    if (count == 0)
        count = pv_side_look(side, PV_CONSUMER);
    if (count > most)
        count = most;
    if (count == 0)
        return 0;
    piece = pv_side_straight(side, count);
    pv_shared_copy_out(to, pv_side_slot(side, side->next, 1), piece);
    if (piece < count)
        pv_shared_copy_out(to + piece, pv_side_slot(side, side->next + piece, 1), count - piece);
    side->next += count;
    return count;
}

PV_INLINE enum pv_rule pv_stream_writer_refused(const struct pv_stream_writer *writer)
{
    return writer->side.refused;
}

PV_INLINE enum pv_rule pv_stream_reader_refused(const struct pv_stream_reader *reader)
{
    return reader->side.refused;
}

/* Shows what was written. True: the reader asked for it, notify. */
PV_INLINE bool pv_stream_publish(struct pv_stream_writer *writer)
{
    return pv_side_show(&writer->side, PV_PRODUCER);
}

/* Gives back the room of what was read. True: the writer waits for it, notify. */
PV_INLINE bool pv_stream_release(struct pv_stream_reader *reader)
{
    return pv_side_show(&reader->side, PV_CONSUMER);
}

/* Asks to be notified when `wanted` bytes of room are free. True: they are not, sleep. */
PV_INLINE bool pv_stream_writer_arm(struct pv_stream_writer *writer, uint32_t wanted)
{
    return pv_side_arm(&writer->side, PV_PRODUCER, wanted);
}

/* Asks to be notified when `wanted` bytes are there. True: they are not, sleep. */
PV_INLINE bool pv_stream_reader_arm(struct pv_stream_reader *reader, uint32_t wanted)
{
    return pv_side_arm(&reader->side, PV_CONSUMER, wanted);
}

/* True when the reader has closed: nobody will read what is written. */
PV_INLINE bool pv_stream_writer_peer_closed(struct pv_stream_writer *writer)
{
    return pv_side_peer_closed(&writer->side, PV_PRODUCER);
}

/* True when the writer has closed and all it published was read. */
PV_INLINE bool pv_stream_reader_ended(struct pv_stream_reader *reader)
{
    return pv_side_peer_closed(&reader->side, PV_CONSUMER) &&
           pv_side_known(&reader->side, PV_CONSUMER) == 0;
}

/* The end of the stream, after what was published. Then notify, always. */
PV_INLINE void pv_stream_writer_close(struct pv_stream_writer *writer)
{
    pv_side_close(&writer->side, PV_PRODUCER);
}

/* No more will be read. Then notify, always. */
PV_INLINE void pv_stream_reader_close(struct pv_stream_reader *reader)
{
    pv_side_close(&reader->side, PV_CONSUMER);
}

#endif
