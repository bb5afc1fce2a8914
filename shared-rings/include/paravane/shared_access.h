/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The access policy of production: C11 atomics through the compiler's builtins, which C, C++ and
 * kernels share. The only header of the wire in which shared memory has a pointer.
 *
 * Payload moves by atomic or volatile accesses, not by memcpy: the peer may write it at the same moment,
 * which memcpy makes undefined, and which lets a compiler read the source again instead of its copy
 * (the double fetch of XSA-155). Under ThreadSanitizer payload is plain memory, so that a missing
 * barrier between payload and index is reported as the race it is.
 */
#ifndef PARAVANE_SHARED_ACCESS_H
#define PARAVANE_SHARED_ACCESS_H

#include "shared.h"

#if defined(__SANITIZE_THREAD__)
#define PV_PAYLOAD_IS_PLAIN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PV_PAYLOAD_IS_PLAIN 1
#endif
#endif

/* `memory` stays the caller's; it must outlive every use of the result. */
PV_INLINE struct pv_shared pv_shared_from_pointer(void *memory)
{
    struct pv_shared at = {(uintptr_t)memory};
    return at;
}

PV_INLINE void *pv_shared_pointer(struct pv_shared at)
{
    return (void *)at.address; /* NOLINT(performance-no-int-to-ptr) */
}

#define PV_SHARED_PREFETCH(at) __builtin_prefetch(pv_shared_pointer(at))

PV_INLINE uint32_t pv_shared_load_relaxed(struct pv_shared at)
{
    return PV_LE32_SWAP(__atomic_load_n((uint32_t *)pv_shared_pointer(at), __ATOMIC_RELAXED));
}

PV_INLINE uint32_t pv_shared_load_acquire(struct pv_shared at)
{
    return PV_LE32_SWAP(__atomic_load_n((uint32_t *)pv_shared_pointer(at), __ATOMIC_ACQUIRE));
}

PV_INLINE void pv_shared_store_relaxed(struct pv_shared at, uint32_t value)
{
    __atomic_store_n((uint32_t *)pv_shared_pointer(at), PV_LE32_SWAP(value), __ATOMIC_RELAXED);
}

PV_INLINE void pv_shared_store_release(struct pv_shared at, uint32_t value)
{
    __atomic_store_n((uint32_t *)pv_shared_pointer(at), PV_LE32_SWAP(value), __ATOMIC_RELEASE);
}

PV_INLINE void pv_shared_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#ifdef PV_PAYLOAD_IS_PLAIN

PV_INLINE void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes)
{
    __builtin_memcpy(to, pv_shared_pointer(from), bytes);
}

PV_INLINE void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes)
{
    __builtin_memcpy(pv_shared_pointer(to), from, bytes);
}

#else

#ifdef __clang__
#define PV_KEEP_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define PV_KEEP_ROLLED
#endif

/* A word is what one instruction moves. The private side may have any alignment. */
#define PV_WORD ((uint32_t)sizeof(uintptr_t))

/*
 * Slots are whole blocks of 16 bytes, and one SSE load moves a block: half the loads of a copy out. It
 * may tear, which is the index's business to prevent, and volatile forbids the compiler a second one.
 * Copies in stay words: a full fence takes nearly twice as long after 16-byte stores.
 */
#if defined(__SSE2__) && !defined(__KERNEL__)
#define PV_BLOCK 16u
typedef long long pv_block __attribute__((vector_size(16), may_alias));
typedef long long pv_block_private __attribute__((vector_size(16), may_alias, aligned(1)));
#endif

PV_INLINE void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes)
{
    unsigned char *out = (unsigned char *)to;

#ifdef PV_BLOCK
    if (from.address % PV_BLOCK == 0) {
        PV_KEEP_ROLLED
        for (; bytes >= PV_BLOCK; bytes -= PV_BLOCK, out += PV_BLOCK, from.address += PV_BLOCK)
            *(pv_block_private *)out = *(const volatile pv_block *)pv_shared_pointer(from);
    }
#endif
    while (bytes > 0 && (from.address % PV_WORD != 0 || bytes < PV_WORD)) {
        *out++ = __atomic_load_n((unsigned char *)pv_shared_pointer(from), __ATOMIC_RELAXED);
        from.address++;
        bytes--;
    }
    for (; bytes >= PV_WORD; bytes -= PV_WORD, out += PV_WORD, from.address += PV_WORD) {
        uintptr_t word = __atomic_load_n((uintptr_t *)pv_shared_pointer(from), __ATOMIC_RELAXED);
        __builtin_memcpy(out, &word, PV_WORD);
    }
    for (; bytes > 0; bytes--, from.address++)
        *out++ = __atomic_load_n((unsigned char *)pv_shared_pointer(from), __ATOMIC_RELAXED);
}

PV_INLINE void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes)
{
    const unsigned char *in = (const unsigned char *)from;

    while (bytes > 0 && (to.address % PV_WORD != 0 || bytes < PV_WORD)) {
        __atomic_store_n((unsigned char *)pv_shared_pointer(to), *in++, __ATOMIC_RELAXED);
        to.address++;
        bytes--;
    }
    PV_KEEP_ROLLED
    for (; bytes >= PV_WORD; bytes -= PV_WORD, in += PV_WORD, to.address += PV_WORD) {
        uintptr_t word;
        __builtin_memcpy(&word, in, PV_WORD);
        __atomic_store_n((uintptr_t *)pv_shared_pointer(to), word, __ATOMIC_RELAXED);
    }
    for (; bytes > 0; bytes--, to.address++)
        __atomic_store_n((unsigned char *)pv_shared_pointer(to), *in++, __ATOMIC_RELAXED);
}

#endif

#endif
