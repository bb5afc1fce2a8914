/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Where things lie in a guest, in guest-physical addresses. A guest finds all of it in its start info;
 * these constants are the host's choice on 64-bit machines, and the same for every vehicle.
 */
#ifndef PARAVANE_LAYOUT_H
#define PARAVANE_LAYOUT_H

#include <paravane/wire.h>

/* Guest-physical address 0 is mapped here when the guest starts, and everything else as far behind it. */
#define PV_GUEST_VIRTUAL_BASE UINT64_C(0x200000000000)

/* Each range below begins at a multiple of this, so that large pages map it. */
#define PV_LARGE_PAGE_SIZE UINT64_C(0x200000)

/* RAM is at 0, and what does not fit below the hole at the end of it. */
#define PV_RAM_HOLE UINT64_C(0xc0000000)
#define PV_RAM_HOLE_END UINT64_C(0x100000000)

/* Written by the host, read by the guest: hypercall page, start info, time page, command line. */
#define PV_HOST_PAGES UINT64_C(0xc0000000)
#define PV_HYPERCALL_PAGE (PV_HOST_PAGES + 0x0000)
#define PV_START_INFO (PV_HOST_PAGES + 0x1000)
#define PV_TIME_PAGE (PV_HOST_PAGES + 0x2000)
#define PV_COMMAND_LINE (PV_HOST_PAGES + 0x3000)
#define PV_COMMAND_LINE_MAX 4096u /* with the terminating zero */
#define PV_HOST_PAGES_SIZE UINT64_C(0x4000)

/* Written by both: pending and mask bits, the vCPUs' areas (event.h). */
#define PV_EVENT_AREA UINT64_C(0xc0200000)
/* Written by the guest, read by backends: the grant table (grant.h). */
#define PV_GRANT_TABLE UINT64_C(0xc0400000)
/* Written by both: the store's two rings (store.h). */
#define PV_STORE_AREA UINT64_C(0xc0600000)
#define PV_STORE_REQUESTS UINT64_C(0x0000) /* in it: the stream to the store, */
#define PV_STORE_REPLIES UINT64_C(0x5000)  /* and the one back */
#define PV_STORE_STREAM_BYTES 0x4000u
#define PV_STORE_AREA_SIZE UINT64_C(0xa000)
/* Nothing lies here: a write is a doorbell (event.h). */
#define PV_DOORBELLS UINT64_C(0xc0800000)
/* The host's own: descriptor tables and page tables, out of the guest's reach. */
#define PV_SYSTEM_PAGES UINT64_C(0xc0a00000)

/* Arenas, one after the other. */
#define PV_ARENAS UINT64_C(0x2000000000)

#endif
