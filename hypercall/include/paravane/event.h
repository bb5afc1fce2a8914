/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Event channels: what lies in the event area, which guest and host both write, and the operations.
 * The host sets pending and selector bits and `upcall`, and reads only mask bits and `upcall`, so a
 * guest that scribbles here hurts itself alone.
 */
#ifndef PARAVANE_EVENT_H
#define PARAVANE_EVENT_H

#include <paravane/hypercall.h>

#define PV_PORTS 4096u /* 0 is none */
#define PV_PORT_WORDS (PV_PORTS / 64u)

/* The vectors of x86 guests, in one priority class: the upcall, then the direct events. */
#define PV_VECTOR_UPCALL 0xe0u
#define PV_VECTOR_DIRECT 0xe1u
#define PV_DIRECT_EVENTS 15u

/* One of these a vCPU, on lines of its own. */
struct pv_vcpu_area {
    struct pv_le64 selector; /* the words of `pending` to look at */
    struct pv_le32 upcall;   /* not 0: there is something to look at, do not block */
    struct pv_le32 reserved0;
    struct pv_le64 reserved1[14];
};

struct pv_event_area {
    struct pv_le64 pending[PV_PORT_WORDS];
    struct pv_le64 mask[PV_PORT_WORDS];
    struct pv_le64 reserved[384];
    struct pv_vcpu_area vcpu[PV_VCPUS_MAX];
};

enum pv_event_op {
    PV_EVENT_ALLOC_UNBOUND = 0,    /* (remote domain): a port that this domain may bind to */
    PV_EVENT_BIND_INTERDOMAIN = 1, /* (remote domain, remote port) */
    PV_EVENT_BIND_VIRQ = 2,        /* (enum pv_virq, vcpu) */
    PV_EVENT_BIND_IPI = 3,         /* (vcpu) */
    PV_EVENT_BIND_VCPU = 4,        /* (port, vcpu): where it is raised from now on */
    PV_EVENT_SEND = 5,             /* (port) */
    PV_EVENT_UNMASK = 6,    /* (port): clears the mask bit and raises again what is pending */
    PV_EVENT_STATUS = 7,    /* (port): an enum pv_port_state */
    PV_EVENT_CLOSE = 8,     /* (port) */
    PV_EVENT_RESET = 9,     /* (): closes all but the store's */
    PV_EVENT_DOORBELL = 10, /* (port, address of struct pv_doorbell): how to send without a call */
    PV_EVENT_BIND_DIRECT = 11, /* (port, vcpu, number): an interrupt of its own, no pending bit */
    PV_EVENT_OPS
};

enum pv_virq {
    PV_VIRQ_TIMER = 0,    /* one a vCPU */
    PV_VIRQ_SHUTDOWN = 1, /* the host asks this guest to power off */
    PV_VIRQ_SUSPEND = 2,  /* the host asks this guest to make ready for a suspend */
    PV_VIRQS
};

enum pv_port_state {
    PV_PORT_FREE = 0,
    PV_PORT_UNBOUND = 1,
    PV_PORT_INTERDOMAIN = 2,
    PV_PORT_VIRQ = 3,
    PV_PORT_IPI = 4
};

enum pv_doorbell_space {
    PV_DOORBELL_CALL = 0,   /* there is none: call send */
    PV_DOORBELL_MEMORY = 1, /* a store to a guest-physical address */
    PV_DOORBELL_PORT = 2    /* an OUT */
};

struct pv_doorbell {
    struct pv_le32 space; /* enum pv_doorbell_space */
    struct pv_le32 width; /* bytes of the access: 1, 2, 4 or 8 */
    struct pv_le64 address;
    struct pv_le64 value;
    struct pv_le64 reserved;
};

PV_STATIC_ASSERT(offsetof(struct pv_vcpu_area, selector) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_vcpu_area, upcall) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_vcpu_area, reserved0) == 12, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_vcpu_area, reserved1) == 16, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_vcpu_area) == 128, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_event_area, pending) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_event_area, mask) == 512, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_event_area, reserved) == 1024, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_event_area, vcpu) == 4096, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_event_area) == 8192, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_doorbell, space) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_doorbell, width) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_doorbell, address) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_doorbell, value) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_doorbell, reserved) == 24, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_doorbell) == 32, "ABI");

#endif
