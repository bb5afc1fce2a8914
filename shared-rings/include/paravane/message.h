/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * How every request and every response of a device begins, whatever the device, and the segment in
 * which all of them name guest memory.
 */
#ifndef PARAVANE_MESSAGE_H
#define PARAVANE_MESSAGE_H

#include "wire.h"

struct pv_request_head {
    struct pv_le16 id; /* the frontend's, unique among its requests in flight */
    uint8_t operation; /* the protocol's */
    uint8_t flags;     /* the protocol's */
    struct pv_le32 reserved;
};

struct pv_response_head {
    struct pv_le16 id; /* the request's */
    struct pv_le16 reserved;
    struct pv_le32 status; /* 0, or a negative error code, as two's complement */
};

/* The most negative status, as in Linux: errors are 1 to 4095. */
#define PV_STATUS_ERROR_MAX 4095

/* A range of guest memory that a grant covers. */
struct pv_segment {
    struct pv_le32 grant;
    struct pv_le32 offset; /* bytes from the grant's first frame */
    struct pv_le32 length; /* bytes, not 0 */
    struct pv_le32 reserved;
};

PV_STATIC_ASSERT(offsetof(struct pv_request_head, id) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_request_head, operation) == 2, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_request_head, flags) == 3, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_request_head, reserved) == 4, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_request_head) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_response_head, id) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_response_head, reserved) == 2, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_response_head, status) == 4, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_response_head) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_segment, grant) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_segment, offset) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_segment, length) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_segment, reserved) == 12, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_segment) == 16, "ABI");

#endif
