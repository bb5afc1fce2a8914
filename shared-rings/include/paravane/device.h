/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * How the two halves of a device find each other: keys in the store, the states of a connection, and what
 * they agree on. The same for every device; which rings and ports there are, its protocol's header says.
 */
#ifndef PARAVANE_DEVICE_H
#define PARAVANE_DEVICE_H

#include "wire.h"

/* The values of PV_DEVICE_STATE, each half's own, as decimal numbers like all the others. */
enum pv_device_state {
    PV_DEVICE_INITIALISING = 1, /* not to be talked to: it begins, or begins again */
    PV_DEVICE_INIT_WAIT = 2,    /* backend: it offers, and waits for the frontend */
    PV_DEVICE_INITIALISED = 3,  /* frontend: its version, features, rings and ports are there */
    PV_DEVICE_CONNECTED = 4,
    PV_DEVICE_CLOSING = 5, /* no new requests; those on their way are finished */
    PV_DEVICE_CLOSED = 6,
    PV_DEVICE_STATES
};

/* In a frontend's directory, device/KIND/N in the guest's home. */
#define PV_DEVICE_BACKEND "backend" /* written by the host: the backend's directory */
#define PV_DEVICE_RING                                                                             \
    "ring-" /* and a number: "GRANT OFFSET SIZE", in slots, or a stream's bytes */
#define PV_DEVICE_PORT "port-" /* and a number: an unbound port for domain 0 */

/* In both directories. */
#define PV_DEVICE_STATE "state"
#define PV_DEVICE_VERSION "version" /* backend: the newest it speaks; frontend: the one in force */
#define PV_DEVICE_FEATURES "features" /* backend: all it offers; frontend: those in force */
#define PV_DEVICE_EPOCH "epoch" /* backend: of the connection to make; frontend: of the one made */

/* In the backend's alone, /domain/0/backend/KIND/DOMAIN/N. */
#define PV_DEVICE_VERSION_MIN "version-min" /* the oldest it speaks */
#define PV_DEVICE_ERROR "error"             /* why it refused the frontend, in words */

#define PV_DEVICE_RINGS_MAX 64u
#define PV_DEVICE_PORTS_MAX 32u
/* The longest value that either half writes for the other, PV_DEVICE_ERROR apart. */
#define PV_DEVICE_VALUE_MAX 64u

/* What one half can do. */
struct pv_device_offer {
    uint32_t version_min;
    uint32_t version;
    uint64_t features;
};

/* What is in force on a connection. */
struct pv_device_terms {
    uint32_t version;
    uint64_t features;
};

/*
 * The frontend's choice: the newest version that both speak, and the features that both have. False:
 * there is no such version.
 */
PV_INLINE bool pv_device_agree(const struct pv_device_offer *own,
                               const struct pv_device_offer *peer, struct pv_device_terms *terms)
{
    terms->version = own->version < peer->version ? own->version : peer->version;
    terms->features = own->features & peer->features;
    return terms->version >= own->version_min && terms->version >= peer->version_min;
}

/* The backend's check of a frontend's choice. */
PV_INLINE bool pv_device_acceptable(const struct pv_device_offer *own,
                                    const struct pv_device_terms *terms)
{
    return terms->version >= own->version_min && terms->version <= own->version &&
           (terms->features & ~own->features) == 0;
}

/*
 * Takes a decimal number from the front of *text, and a space behind it if there is one. False for
 * anything else: no digit, a leading zero, more than fits, a space without a number after it.
 */
PV_INLINE bool pv_device_take_number(const char **text, size_t *bytes, uint64_t *number)
{
    size_t at = 0;

    *number = 0;
    while (at < *bytes && (*text)[at] >= '0' && (*text)[at] <= '9') {
        const uint64_t digit = (uint64_t)((*text)[at] - '0');

        if (at > 0 && *number == 0)
            return false;
        if (*number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
        at++;
    }
    if (at == 0)
        return false;
    if (at < *bytes) {
        if ((*text)[at] != ' ' || at + 1 == *bytes)
            return false;
        at++;
    }
    *text += at;
    *bytes -= at;
    return true;
}

#endif
