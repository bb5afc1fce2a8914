/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The block protocol's messages. A draft until its driver is there: the version says so.
 */
#ifndef PARAVANE_BLK_H
#define PARAVANE_BLK_H

#include "message.h"

#define PV_BLK_VERSION 0u

enum pv_blk_operation {
    PV_BLK_READ = 0,
    PV_BLK_WRITE = 1,
    PV_BLK_FLUSH = 2,
    PV_BLK_DISCARD = 3,
    PV_BLK_WRITE_ZEROES = 4,
    PV_BLK_IDENTIFY = 5,
    PV_BLK_OPERATIONS
};

#define PV_BLK_FLAG_FUA 0x01u      /* a write that is durable before its response */
#define PV_BLK_FLAG_INDIRECT 0x02u /* segment[0] names a table of segments */

#define PV_BLK_INLINE_SEGMENTS 2u

struct pv_blk_request {
    struct pv_request_head head;
    struct pv_le64 sector;  /* of 512 bytes, whatever the device's sector */
    struct pv_le32 sectors; /* 0 for flush and identify */
    struct pv_le16 segments;
    struct pv_le16 reserved0;
    struct pv_segment segment[PV_BLK_INLINE_SEGMENTS];
    struct pv_le64 reserved1;
};

struct pv_blk_response {
    struct pv_response_head head;
    struct pv_le64 reserved;
};

PV_STATIC_ASSERT(offsetof(struct pv_blk_request, head) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_request, sector) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_request, sectors) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_request, segments) == 20, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_request, reserved0) == 22, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_request, segment) == 24, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_request, reserved1) == 56, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_blk_request) == 64, "ABI: one cache line");
PV_STATIC_ASSERT(offsetof(struct pv_blk_response, head) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_blk_response, reserved) == 8, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_blk_response) == 16, "ABI");

#endif
