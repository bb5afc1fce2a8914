/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Grants: the table that the guest writes and backends read, and the operations. An entry lets one other
 * domain use a range of the guest's frames. The guest fills in `frames` and `first_frame`, then stores
 * `word` with release order. It takes a grant back by storing 0 to `word` and calling `revoke`, and may
 * use the entry or the frames for something else only after that.
 */
#ifndef PARAVANE_GRANT_H
#define PARAVANE_GRANT_H

#include <paravane/wire.h>

#define PV_GRANT_ENTRIES 4096u /* 0 is none */

#define PV_GRANT_DOMAIN 0xffffu      /* of `word`: to whom */
#define PV_GRANT_VALID (1u << 16)    /* the rest of `word`: PV_GRANT_ bits; reserved ones are 0 */
#define PV_GRANT_WRITABLE (1u << 17) /* not only to be read */
#define PV_GRANT_KNOWN (PV_GRANT_DOMAIN | PV_GRANT_VALID | PV_GRANT_WRITABLE)

struct pv_grant_entry {
    struct pv_le32 word;
    struct pv_le32 frames;      /* how many, 1 or more */
    struct pv_le64 first_frame; /* guest-physical address / PV_PAGE_SIZE */
};

#define PV_GRANT_TABLE_SIZE UINT64_C(0x10000)

enum pv_grant_op {
    PV_GRANT_QUERY_SIZE = 0,  /* (): the table's entries */
    PV_GRANT_SETUP_TABLE = 1, /* (): the table's guest-physical address */
    PV_GRANT_MAP = 2,    /* (domain, grant, virtual address, PV_PROTECT_ bits): frames mapped */
    PV_GRANT_UNMAP = 3,  /* (virtual address): of a map */
    PV_GRANT_COPY = 4,   /* (address of struct pv_grant_copy[], count): how many were carried out */
    PV_GRANT_REVOKE = 5, /* (grant, ns): when it returns 0, nobody uses the frames any more */
    PV_GRANT_OPS
};

/* Whoever still uses the frames after so long loses its connection, whatever the caller says. */
#define PV_GRANT_REVOKE_MAX UINT64_C(60000000000)

#define PV_GRANT_COPY_INTO 1u /* into the granted frames, not out of them */

struct pv_grant_copy {
    struct pv_le32 domain; /* whose grant it is */
    struct pv_le32 grant;
    struct pv_le64 offset;  /* into the granted range */
    struct pv_le64 address; /* the caller's own memory */
    struct pv_le32 bytes;   /* 1 to PV_GRANT_COPY_BYTES_MAX */
    struct pv_le32 flags;   /* PV_GRANT_COPY_ bits */
};

#define PV_GRANT_COPY_MAX 64u
#define PV_GRANT_COPY_BYTES_MAX 65536u

PV_STATIC_ASSERT(offsetof(struct pv_grant_entry, word) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_grant_entry, frames) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_grant_entry, first_frame) == 8, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_grant_entry) == 16, "ABI");
PV_STATIC_ASSERT(PV_GRANT_TABLE_SIZE == PV_GRANT_ENTRIES * sizeof(struct pv_grant_entry), "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_grant_copy, domain) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_grant_copy, grant) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_grant_copy, offset) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_grant_copy, address) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_grant_copy, bytes) == 24, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_grant_copy, flags) == 28, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_grant_copy) == 32, "ABI");

#endif
