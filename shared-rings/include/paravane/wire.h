/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What every header of the wire stands on: fixed-width integers, little-endian fields that cannot be
 * used unconverted, and compile-time checks. Compiles as C11 and C++20, freestanding, and in a kernel.
 */
#ifndef PARAVANE_WIRE_H
#define PARAVANE_WIRE_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#ifdef __cplusplus
#define PV_STATIC_ASSERT(condition, why) static_assert(condition, why)
#else
#define PV_STATIC_ASSERT(condition, why) _Static_assert(condition, why)
#endif

/* Forced, because the role and size arguments of the ring functions are constants to fold away. */
#define PV_INLINE static inline __attribute__((always_inline, unused))

#define PV_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define PV_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Pages of the ABI, whatever the page size of either side. */
#define PV_PAGE_SIZE 4096u

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define PV_LE16_SWAP(value) __builtin_bswap16(value)
#define PV_LE32_SWAP(value) __builtin_bswap32(value)
#define PV_LE64_SWAP(value) __builtin_bswap64(value)
#else
#define PV_LE16_SWAP(value) (value)
#define PV_LE32_SWAP(value) (value)
#define PV_LE64_SWAP(value) (value)
#endif

/* Fields as they lie on the wire. A struct each, so that arithmetic on one does not compile. */
struct pv_le16 {
    uint16_t wire;
};

struct pv_le32 {
    uint32_t wire;
};

struct pv_le64 {
    uint64_t wire;
};

PV_INLINE uint16_t pv_le16_get(struct pv_le16 field)
{
    return (uint16_t)PV_LE16_SWAP(field.wire);
}

PV_INLINE uint32_t pv_le32_get(struct pv_le32 field)
{
    return PV_LE32_SWAP(field.wire);
}

PV_INLINE uint64_t pv_le64_get(struct pv_le64 field)
{
    return PV_LE64_SWAP(field.wire);
}

PV_INLINE struct pv_le16 pv_le16_of(uint16_t value)
{
    struct pv_le16 field = {(uint16_t)PV_LE16_SWAP(value)};
    return field;
}

PV_INLINE struct pv_le32 pv_le32_of(uint32_t value)
{
    struct pv_le32 field = {PV_LE32_SWAP(value)};
    return field;
}

PV_INLINE struct pv_le64 pv_le64_of(uint64_t value)
{
    struct pv_le64 field = {PV_LE64_SWAP(value)};
    return field;
}

PV_STATIC_ASSERT(sizeof(struct pv_le16) == 2, "a wire field has no padding");
PV_STATIC_ASSERT(sizeof(struct pv_le32) == 4, "a wire field has no padding");
PV_STATIC_ASSERT(sizeof(struct pv_le64) == 8, "a wire field has no padding");

#endif
