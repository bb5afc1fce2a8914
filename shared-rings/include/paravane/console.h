/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The console protocol. Ring 0 is a stream of text from the guest, ring 1 one to the guest; with
 * PV_CONSOLE_FEATURE_EVENTS, ring 2 is a slot ring of struct pv_console_event to the guest. Port 0 serves
 * all of them, both ways. The backend gives back room in ring 0 for what the host has, and not before.
 */
#ifndef PARAVANE_CONSOLE_H
#define PARAVANE_CONSOLE_H

#include "message.h"

#define PV_CONSOLE_VERSION 1u

#define PV_CONSOLE_FEATURE_EVENTS (UINT64_C(1) << 0)

#define PV_CONSOLE_OUTPUT 0u
#define PV_CONSOLE_INPUT 1u
#define PV_CONSOLE_EVENTS_RING 2u
#define PV_CONSOLE_RINGS_MIN 2u
#define PV_CONSOLE_RINGS_MAX 3u
#define PV_CONSOLE_PORTS 1u

enum pv_console_event_kind {
    PV_CONSOLE_RESIZE = 0, /* the host's window has another size */
    PV_CONSOLE_BREAK = 1,  /* the user asks for the guest's attention */
    PV_CONSOLE_EVENTS
};

struct pv_console_event {
    struct pv_le16 kind; /* enum pv_console_event_kind */
    struct pv_le16 columns;
    struct pv_le16 rows;
    struct pv_le16 reserved0;
    struct pv_le64 reserved1;
};

PV_STATIC_ASSERT(offsetof(struct pv_console_event, kind) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_console_event, columns) == 2, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_console_event, rows) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_console_event, reserved0) == 6, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_console_event, reserved1) == 8, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_console_event) == 16, "ABI");

#endif
