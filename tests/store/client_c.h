/* SPDX-License-Identifier: Apache-2.0 */
/* The client's half of store.h, compiled as a guest's kernel would: C11, freestanding. */
#ifndef PARAVANE_TESTS_STORE_CLIENT_C_H
#define PARAVANE_TESTS_STORE_CLIENT_C_H

#include <paravane/store.h>

struct client_request {
    enum pv_store_operation operation;
    uint32_t id;
    uint32_t transaction;
    uint64_t argument;
    const void *path; /* null: none */
    uint32_t path_size;
    const void *text; /* null: none */
    uint32_t text_size;
    const struct pv_store_permissions *permissions; /* null: none */
    const struct pv_store_hello *hello;             /* null: none */
};

/* The request's size, or 0 when it does not fit. */
uint32_t client_encode(void *buffer, uint32_t size, const struct client_request *request);

/* Looks at the first message of `bytes`: its rule, its head, and where its payload lies if it is whole. */
enum pv_store_rule client_decode(const void *bytes, uint32_t size, struct pv_store_answer *answer,
                                 const unsigned char **payload);

/* The string at the payload's `offset`, which moves behind it; false at the end or past it. */
bool client_next_string(const unsigned char *payload, uint32_t size, uint32_t *offset,
                        const unsigned char **at, uint32_t *count);

#endif
