/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The hypercalls. rax holds the number, rdi, rsi, rdx, r10 and r8 the arguments; the result comes back
 * in rax: 0 or more, or a negative error of errors.h. r11 may change, and no other register. A guest calls
 * stub N of the hypercall page for hypercall N; how the stub reaches the host is the host's business.
 */
#ifndef PARAVANE_HYPERCALL_H
#define PARAVANE_HYPERCALL_H

#include <paravane/wire.h>

#define PV_ABI_VERSION 1u

/* Bytes of a stub; stub N begins at N * PV_STUB_SIZE. */
#define PV_STUB_SIZE 32u

enum pv_hypercall {
    PV_CALL_VERSION = 0,    /* (enum pv_version_what) */
    PV_CALL_CONSOLE_IO = 1, /* (address, bytes): all of them, or 0 where the host is busy: again */
    PV_CALL_SCHED = 2,      /* (enum pv_sched_op, ...) */
    PV_CALL_EVENT = 3,      /* (enum pv_event_op, ...) */
    PV_CALL_GRANT = 4,      /* (enum pv_grant_op, ...) */
    PV_CALL_MEMORY = 5,     /* (enum pv_memory_op, ...) */
    PV_CALL_VCPU = 6,       /* (enum pv_vcpu_op, ...) */
    PV_CALL_SET_TIMER = 7,  /* (deadline): ns on the time page's clock, 0 for none */
    PV_CALL_SET_CALLBACK = 8, /* (enum pv_callback, which, address, stack) */
    PV_CALL_MULTICALL =
        9, /* (address of struct pv_multicall[], count): how many were carried out */
    PV_CALLS
};

enum pv_version_what {
    PV_VERSION_ABI = 0,
    PV_VERSION_FEATURES = 1, /* what the host offers: PV_FEATURE_ bits */
    PV_VERSION_DOMAIN = 2    /* the caller's domain id */
};

#define PV_FEATURE_DIRECT_EVENTS (UINT64_C(1) << 0) /* ports may have interrupts of their own */
#define PV_FEATURE_DOORBELLS (UINT64_C(1) << 1) /* ports may be sent by a store or a port write */
#define PV_FEATURE_PROTECT (UINT64_C(1) << 2)   /* memory: map, unmap and protect */
#define PV_FEATURE_CALLBACKS (UINT64_C(1) << 3) /* exceptions and interrupts reach the guest */
#define PV_FEATURE_SMP (UINT64_C(1) << 4)       /* vcpu: up and down */
#define PV_FEATURE_GRANTS (UINT64_C(1) << 5)    /* there are a grant table and an arena */

enum pv_sched_op {
    PV_SCHED_YIELD = 0,
    PV_SCHED_BLOCK = 1, /* sleep until an event; returns at once if the vCPU's `upcall` is not 0 */
    PV_SCHED_POLL = 2,  /* (address of u32 ports[], count, deadline): sleep until one is pending */
    PV_SCHED_SHUTDOWN = 3, /* (enum pv_shutdown, status): does not return */
    PV_SCHED_SUSPEND = 4,  /* (): sleeps until the host resumes the guest; the epoch from then on */
    PV_SCHED_OPS
};

#define PV_POLL_PORTS_MAX 128u

enum pv_shutdown {
    PV_SHUTDOWN_POWEROFF = 0, /* `status`, 0 to 255, becomes that of whoever runs the guest */
    PV_SHUTDOWN_REBOOT = 1,
    PV_SHUTDOWN_CRASH = 2,
    PV_SHUTDOWNS
};

enum pv_callback {
    PV_CALLBACK_EXCEPTION =
        0, /* which: vector 0 to 31; stack: where its frames go, 0 for the current */
    PV_CALLBACK_UPCALL = 1, /* which: 0 */
    PV_CALLBACK_DIRECT = 2, /* which: a direct event's number, 0 to PV_DIRECT_EVENTS - 1 */
    PV_CALLBACKS
};

enum pv_vcpu_op {
    PV_VCPU_UP = 0,       /* (vcpu, entry, stack, argument): starts it there, argument in rdi */
    PV_VCPU_DOWN = 1,     /* (): the caller; does not return until it is brought up again */
    PV_VCPU_IS_UP = 2,    /* (vcpu): 0 or 1 */
    PV_VCPU_RUNSTATE = 3, /* (vcpu, enum pv_runstate): ns spent in it */
    PV_VCPU_OPS
};

enum pv_runstate {
    PV_RUNSTATE_RUNNING = 0,  /* in the guest */
    PV_RUNSTATE_BLOCKED = 1,  /* asleep of its own will */
    PV_RUNSTATE_SERVICED = 2, /* in a hypercall or another exit */
    PV_RUNSTATE_OFFLINE = 3,
    PV_RUNSTATES
};

#define PV_VCPUS_MAX 32u

enum pv_memory_op {
    PV_MEMORY_REGION = 0, /* (index, address of struct pv_memory_region): -ENOENT past the last */
    PV_MEMORY_POPULATE =
        1, /* (address, bytes): has frames from now on, zeroed if they were released */
    PV_MEMORY_RELEASE = 2, /* (address, bytes): gives frames back; what they held is lost */
    PV_MEMORY_PROTECT = 3, /* (virtual address, bytes, PV_PROTECT_ bits) */
    PV_MEMORY_MAP = 4,     /* (virtual address, guest address, bytes, PV_PROTECT_ bits) */
    PV_MEMORY_UNMAP = 5,   /* (virtual address, bytes) */
    PV_MEMORY_OPS
};

#define PV_PROTECT_READ 1u
#define PV_PROTECT_WRITE 2u
#define PV_PROTECT_EXECUTE 4u

#define PV_MEMORY_RAM 1u         /* ordinary memory */
#define PV_MEMORY_ARENA 2u       /* may be granted to isolated backends; is never released */
#define PV_MEMORY_HOST_WRITES 4u /* written by the host, read by the guest */
#define PV_MEMORY_SHARED 8u      /* event area, grant table, store area */

struct pv_memory_region {
    struct pv_le64 base;
    struct pv_le64 bytes;
    struct pv_le32 flags; /* PV_MEMORY_ bits */
    struct pv_le32 node;
    struct pv_le64 reserved;
};

struct pv_multicall {
    struct pv_le64 number;
    struct pv_le64 argument[5];
    struct pv_le64 result; /* as two's complement, written by the host */
    struct pv_le64 reserved;
};

#define PV_MULTICALL_MAX 64u

/* One console_io writes at most so much. */
#define PV_CONSOLE_IO_MAX 4096u

PV_STATIC_ASSERT(PV_CALLS *PV_STUB_SIZE <= PV_PAGE_SIZE, "stubs fill one page");
PV_STATIC_ASSERT(offsetof(struct pv_memory_region, base) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_memory_region, bytes) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_memory_region, flags) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_memory_region, node) == 20, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_memory_region, reserved) == 24, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_memory_region) == 32, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_multicall, number) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_multicall, argument) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_multicall, result) == 48, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_multicall, reserved) == 56, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_multicall) == 64, "ABI");

#endif
