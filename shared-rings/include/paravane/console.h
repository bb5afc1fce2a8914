/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The console protocol. A draft until its driver is there: the version says so. Text goes through two
 * stream rings, one a direction; what is not text goes as messages in a slot ring from the host.
 */
#ifndef PARAVANE_CONSOLE_H
#define PARAVANE_CONSOLE_H

#include "message.h"

#define PV_CONSOLE_VERSION 0u

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
