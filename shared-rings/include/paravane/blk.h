/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The block protocol. Queue q of a device has ring 2q for requests, ring 2q + 1 for responses, both of as
 * many slots as requests may be in flight on it, and port q. A write is durable once a flush that was sent
 * after its response is answered, or with its own response if it has PV_BLK_FLAG_FUA.
 */
#ifndef PARAVANE_BLK_H
#define PARAVANE_BLK_H

#include "message.h"

#define PV_BLK_VERSION 1u

#define PV_BLK_FEATURE_READ_ONLY (UINT64_C(1) << 0) /* only reads; a frontend must accept it */
#define PV_BLK_FEATURE_FLUSH (UINT64_C(1) << 1)     /* PV_BLK_FLUSH and PV_BLK_FLAG_FUA */
#define PV_BLK_FEATURE_DISCARD (UINT64_C(1) << 2)
#define PV_BLK_FEATURE_WRITE_ZEROES (UINT64_C(1) << 3)
#define PV_BLK_FEATURE_INDIRECT (UINT64_C(1) << 4)
#define PV_BLK_FEATURES ((UINT64_C(1) << 5) - 1)

/* In the backend's directory, decimal numbers. */
#define PV_BLK_SECTORS "sectors"             /* the disk's size; grows while connected */
#define PV_BLK_SECTOR_BYTES "sector-bytes"   /* 512 or 4096: what requests are multiples of */
#define PV_BLK_BLOCK_BYTES "block-bytes"     /* what is best written at once, or more */
#define PV_BLK_OPTIMAL_BYTES "optimal-bytes" /* what is best moved at once; 0: not known */
#define PV_BLK_DISCARD_BYTES "discard-bytes" /* what discards are best multiples of */
#define PV_BLK_QUEUES_MAX "queues-max"
#define PV_BLK_DEPTH_MAX "depth-max" /* of each queue */
/* In the frontend's directory: the size that it has taken note of. */
#define PV_BLK_SECTORS_SEEN "sectors-seen"

#define PV_BLK_QUEUES_LIMIT 32u

enum pv_blk_operation {
    PV_BLK_READ = 0,
    PV_BLK_WRITE = 1,
    PV_BLK_FLUSH = 2,
    PV_BLK_DISCARD = 3,      /* the content is nobody's any more: old, zero, or other */
    PV_BLK_WRITE_ZEROES = 4, /* reads as zero from then on */
    PV_BLK_IDENTIFY = 5,     /* fills one segment with a struct pv_blk_identity */
    PV_BLK_OPERATIONS
};

#define PV_BLK_FLAG_FUA 0x01u      /* a write that is durable before its response */
#define PV_BLK_FLAG_INDIRECT 0x02u /* `data` names a table of segments, readable */

#define PV_BLK_SECTOR 512u /* the unit of sector numbers, whatever the device's sector */
#define PV_BLK_SEGMENTS_MAX 256u
#define PV_BLK_REQUEST_SECTORS_MAX 2048u             /* of a read or a write: 1 MiB */
#define PV_BLK_CLEAR_SECTORS_MAX (UINT32_C(1) << 22) /* of a discard or write-zeroes: 2 GiB */

/*
 * Half a cache line: what a line costs on its way between two processors is most of what a request costs.
 * `data` is where the data lies, and so how much is moved; or the table of the segments that say so, as long as
 * they are many. They follow each other on the disk; each begins at a multiple of 512 bytes in its grant and is a
 * multiple of the device's sector. No segment and no table overlaps a ring. For discard and write-zeroes `data` has
 * a length alone, for a flush nothing.
 */
struct pv_blk_request {
    struct pv_request_head head;
    struct pv_le64 sector; /* the first; 0 for flush and identify */
    struct pv_segment data;
};

struct pv_blk_response {
    struct pv_response_head head;
    struct pv_le64 reserved;
};

/* Statuses that mean something, beside 0; others are errors too. */
#define PV_BLK_STATUS_IO (-5)         /* EIO: the medium failed */
#define PV_BLK_STATUS_RANGE (-6)      /* ENXIO: past the end of the disk */
#define PV_BLK_STATUS_GRANT (-14)     /* EFAULT: a segment is not granted */
#define PV_BLK_STATUS_INVALID (-22)   /* EINVAL: the request contradicts itself */
#define PV_BLK_STATUS_SPACE (-28)     /* ENOSPC: the host has no room */
#define PV_BLK_STATUS_READ_ONLY (-30) /* EROFS */
#define PV_BLK_STATUS_NOT_THERE (-95) /* EOPNOTSUPP: the disk cannot do that */

#define PV_BLK_SERIAL_BYTES 64u

struct pv_blk_identity {
    uint8_t serial[PV_BLK_SERIAL_BYTES]; /* text, the rest zero */
    uint8_t reserved[512 - PV_BLK_SERIAL_BYTES];
};

PV_STATIC_ASSERT(offsetof(struct pv_blk_request, head) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_request, sector) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_request, data) == 16, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_blk_request) == 32, "ABI: two in a cache line");
PV_STATIC_ASSERT(offsetof(struct pv_blk_response, head) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_response, reserved) == 8, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_blk_response) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_identity, serial) == 0, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_blk_identity) == 512, "ABI");

#endif
