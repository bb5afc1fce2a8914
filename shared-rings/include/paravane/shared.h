/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Memory that a peer can write at any moment. It has an address here and nothing else: no pointer,
 * so nothing in it can be used where it lies. The seven functions below are all that ever touches it.
 *
 * They are a policy. PV_SHARED_ACCESS names the header that defines them; without it they are
 * shared_access.h's, plain C11 atomics. The explorer and the fuzzers put their own in place and run
 * the ring unchanged.
 */
#ifndef PARAVANE_SHARED_H
#define PARAVANE_SHARED_H

#include "wire.h"

struct pv_shared {
    uintptr_t address;
};

PV_INLINE struct pv_shared pv_shared_at(struct pv_shared base, uint32_t offset)
{
    struct pv_shared at = {base.address + offset};
    return at;
}

#ifdef PV_SHARED_ACCESS
#include PV_SHARED_ACCESS
#else
#include "shared_access.h"
#endif

/*
 * What a policy defines. Words are little-endian 32-bit and naturally aligned.
 *
 *   uint32_t pv_shared_load_relaxed(struct pv_shared at);
 *   uint32_t pv_shared_load_acquire(struct pv_shared at);
 *   void pv_shared_store_relaxed(struct pv_shared at, uint32_t value);
 *   void pv_shared_store_release(struct pv_shared at, uint32_t value);
 *   void pv_shared_fence(void);      sequentially consistent, orders stores before later loads
 *   void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes);
 *   void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes);
 *
 * copy_out reads each byte once: what `to` then holds is all that was ever seen of the peer's value.
 * It may also define PV_SHARED_PREFETCH(at): the place is about to be read. That is no access; nothing is seen by it.
 */

/*
 * The C twin of Peer<T>: names a type for "a `type` of the peer's, at this place" whose only
 * operation copies it out. PV_PEER(struct pv_blk_request, pv_peer_blk_request) defines
 * struct pv_peer_blk_request and pv_peer_blk_request_copy_out().
 */
#define PV_PEER(type, name)                                                                        \
    struct name {                                                                                  \
        struct pv_shared at;                                                                       \
    };                                                                                             \
    PV_INLINE type name##_copy_out(struct name peer)                                               \
    {                                                                                              \
        type copy;                                                                                 \
        pv_shared_copy_out(&copy, peer.at, (uint32_t)sizeof(copy));                                \
        return copy;                                                                               \
    }                                                                                              \
    PV_STATIC_ASSERT(sizeof(type) % 8 == 0, "messages are whole 8-byte words")

#endif
