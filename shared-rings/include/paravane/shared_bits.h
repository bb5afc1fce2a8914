/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Words that both sides change at any moment, bit by bit: event channels' pending and mask bits, the
 * counters of grants. Each function is one atomic operation and a full barrier. Not used by rings, in
 * which every word has one writer. Words are little-endian and naturally aligned.
 */
#ifndef PARAVANE_SHARED_BITS_H
#define PARAVANE_SHARED_BITS_H

#include "shared.h"

#ifndef PV_SHARED_ACCESS

PV_INLINE uint64_t pv_shared_load64(struct pv_shared at)
{
    return PV_LE64_SWAP(__atomic_load_n((uint64_t *)pv_shared_pointer(at), __ATOMIC_SEQ_CST));
}

/* The three that change a word return what it was. */
PV_INLINE uint64_t pv_shared_set64(struct pv_shared at, uint64_t bits)
{
    return PV_LE64_SWAP(
        __atomic_fetch_or((uint64_t *)pv_shared_pointer(at), PV_LE64_SWAP(bits), __ATOMIC_SEQ_CST));
}

PV_INLINE uint64_t pv_shared_clear64(struct pv_shared at, uint64_t bits)
{
    return PV_LE64_SWAP(__atomic_fetch_and((uint64_t *)pv_shared_pointer(at), ~PV_LE64_SWAP(bits),
                                           __ATOMIC_SEQ_CST));
}

PV_INLINE uint64_t pv_shared_exchange64(struct pv_shared at, uint64_t value)
{
    return PV_LE64_SWAP(__atomic_exchange_n((uint64_t *)pv_shared_pointer(at), PV_LE64_SWAP(value),
                                            __ATOMIC_SEQ_CST));
}

PV_INLINE uint32_t pv_shared_load32(struct pv_shared at)
{
    return PV_LE32_SWAP(__atomic_load_n((uint32_t *)pv_shared_pointer(at), __ATOMIC_SEQ_CST));
}

PV_INLINE uint32_t pv_shared_exchange32(struct pv_shared at, uint32_t value)
{
    return PV_LE32_SWAP(__atomic_exchange_n((uint32_t *)pv_shared_pointer(at), PV_LE32_SWAP(value),
                                            __ATOMIC_SEQ_CST));
}

#endif

#endif
