/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The network protocol's messages. A draft until its driver is there: the version says so.
 */
#ifndef PARAVANE_NET_H
#define PARAVANE_NET_H

#include "message.h"

#define PV_NET_VERSION 0u

enum pv_net_operation {
    PV_NET_TRANSMIT = 0, /* the segment holds (a piece of) a packet */
    PV_NET_RECEIVE = 1,  /* the segment is room for one */
    PV_NET_OPERATIONS
};

#define PV_NET_FLAG_MORE 0x01u /* the packet goes on in the next message */
#define PV_NET_FLAG_CHECKSUM_BLANK                                                                 \
    0x02u /* the checksum at checksum_start + checksum_offset is to be filled */
#define PV_NET_FLAG_CHECKSUM_GOOD 0x04u /* was verified */

enum pv_net_gso {
    PV_NET_GSO_NONE = 0,
    PV_NET_GSO_TCP4 = 1,
    PV_NET_GSO_TCP6 = 2,
    PV_NET_GSO_UDP = 3,
    PV_NET_GSOS
};

struct pv_net_request {
    struct pv_request_head head;
    struct pv_le16 gso_type; /* enum pv_net_gso */
    struct pv_le16 gso_size; /* payload bytes of each segment made */
    struct pv_le16 checksum_start;
    struct pv_le16 checksum_offset;
    struct pv_segment segment;
};

struct pv_net_response {
    struct pv_response_head head;
    struct pv_le32 length; /* bytes received; 0 for transmit */
    uint8_t flags;
    uint8_t reserved0;
    struct pv_le16 gso_type;
    struct pv_le16 gso_size;
    struct pv_le16 header_length;
    struct pv_le16 checksum_start;
    struct pv_le16 checksum_offset;
    struct pv_le32 flow_hash;
    struct pv_le32 reserved1;
};

PV_STATIC_ASSERT(offsetof(struct pv_net_request, head) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_request, gso_type) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_request, gso_size) == 10, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_request, checksum_start) == 12, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_request, checksum_offset) == 14, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_request, segment) == 16, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_net_request) == 32, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, head) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, length) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, flags) == 12, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, reserved0) == 13, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, gso_type) == 14, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, gso_size) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, header_length) == 18, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, checksum_start) == 20, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, checksum_offset) == 22, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, flow_hash) == 24, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_net_response, reserved1) == 28, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_net_response) == 32, "ABI");

#endif
