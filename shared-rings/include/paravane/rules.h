/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The rules a peer must keep, numbered as in docs/abi.md. A ring that breaks one is refused for ever,
 * by that name, and the break is counted.
 */
#ifndef PARAVANE_RULES_H
#define PARAVANE_RULES_H

#include "wire.h"

enum pv_rule {
    PV_RULE_KEPT = 0,

    /* Attaching: what the store says of the ring must describe memory that is there. */
    PV_RULE_SLOTS = 1,
    PV_RULE_SLOT_SIZE = 2,
    PV_RULE_ALIGNMENT = 3,
    PV_RULE_MEMORY = 4,
    PV_RULE_DEPTH = 5,
    PV_RULE_RESERVED_CONTROL = 6,

    /* Moving: indices and states. */
    PV_RULE_PRODUCER_PAST = 7,
    PV_RULE_PRODUCER_BACK = 8,
    PV_RULE_CONSUMER_PAST = 9,
    PV_RULE_CONSUMER_BACK = 10,
    PV_RULE_STATE = 11,
    PV_RULE_REOPENED = 12,
    PV_RULE_MOVED_CLOSED = 13,

    /* Requests, as a backend checks them. */
    PV_RULE_REQUEST_ID = 14,
    PV_RULE_REQUEST_PENDING = 15,
    PV_RULE_OPERATION = 16,
    PV_RULE_REQUEST_FLAGS = 17,
    PV_RULE_REQUEST_RESERVED = 18,

    /* Responses, as a frontend checks them. */
    PV_RULE_RESPONSE_ID = 19,
    PV_RULE_RESPONSE_NOT_PENDING = 20,
    PV_RULE_RESPONSE_STATUS = 21,
    PV_RULE_RESPONSE_RESERVED = 22,

    PV_RULES
};

/* Breaks seen, by rule. Private memory, one owner thread; many rings may share one. */
struct pv_violations {
    uint64_t count[PV_RULES];
};

PV_INLINE void pv_violation_count(struct pv_violations *violations, enum pv_rule rule)
{
    violations->count[rule]++;
}

PV_INLINE const char *pv_rule_name(enum pv_rule rule)
{
    static const char *const names[PV_RULES] = {
        "kept",
        "slots not a power of two in range",
        "slot size not a multiple of 16 in range",
        "memory not aligned",
        "memory too small",
        "queue depth out of range",
        "reserved control bytes not zero",
        "producer index past the size",
        "producer index going back",
        "consumer index past the producer",
        "consumer index going back",
        "unknown ring state",
        "ring reopened after close",
        "index moved after close",
        "unknown request id",
        "request id already pending",
        "operation not offered",
        "request flags not offered",
        "reserved request bytes not zero",
        "unknown response id",
        "response id not pending",
        "status out of range",
        "reserved response bytes not zero",
    };

    return (uint32_t)rule < PV_RULES ? names[rule] : "no such rule";
}

#endif
