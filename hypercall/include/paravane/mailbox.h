/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * How a guest that is a process makes its hypercalls: a mailbox a vCPU, in memory that both map. The
 * guest writes number and arguments, then `state`, and waits on it as a futex; so does the host with the
 * answer.
 */
#ifndef PARAVANE_MAILBOX_H
#define PARAVANE_MAILBOX_H

#include <paravane/layout.h>

/* The hypercall stubs jump to the address that lies here, which is the guest's run time's. */
#define PV_MAILBOX_ENTRY (PV_GUEST_VIRTUAL_BASE + UINT64_C(0xc0c00000))

enum pv_mailbox_state {
    PV_MAILBOX_IDLE = 0,   /* the guest's */
    PV_MAILBOX_CALL = 1,   /* the host's: a call, or a vCPU that waits for its start */
    PV_MAILBOX_ANSWER = 2, /* the guest's: `result` */
    PV_MAILBOX_START =
        3 /* the guest's: run argument[0] with stack argument[1] and rdi argument[2] */
};

/* The number of the call by which a vCPU's thread says that it is there. */
#define PV_MAILBOX_READY UINT64_C(0xffffffffffffffff)

struct pv_mailbox {
    struct pv_le32 state; /* enum pv_mailbox_state */
    struct pv_le32 reserved0;
    struct pv_le64 number;
    struct pv_le64 argument[5];
    struct pv_le64 result;
    struct pv_le64 reserved1[8];
};

PV_STATIC_ASSERT(offsetof(struct pv_mailbox, state) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_mailbox, reserved0) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_mailbox, number) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_mailbox, argument) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_mailbox, result) == 56, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_mailbox, reserved1) == 64, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_mailbox) == 128, "ABI");

#endif
