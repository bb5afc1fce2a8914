/* SPDX-License-Identifier: Apache-2.0 */
#include "client_c.h"

uint32_t client_encode(void *buffer, uint32_t size, const struct client_request *request)
{
    struct pv_store_encoder encoder;

    pv_store_begin(&encoder, buffer, size, request->operation, request->id, request->transaction,
                   request->argument);
    if (request->path != NULL)
        pv_store_put_string(&encoder, request->path, request->path_size);
    if (request->text != NULL)
        pv_store_put_string(&encoder, request->text, request->text_size);
    if (request->permissions != NULL)
        pv_store_put_bytes(&encoder, request->permissions, sizeof(*request->permissions));
    if (request->hello != NULL)
        pv_store_put_bytes(&encoder, request->hello, sizeof(*request->hello));
    return pv_store_finish(&encoder);
}

enum pv_store_rule client_decode(const void *bytes, uint32_t size, struct pv_store_answer *answer,
                                 const unsigned char **payload)
{
    struct pv_store_decoder decoder = {(const unsigned char *)bytes, size};
    struct pv_store_reply head;
    enum pv_store_rule rule;

    *payload = NULL;
    if (!pv_store_get_bytes(&decoder, &head, sizeof(head)))
        return PV_STORE_RULE_KEPT;
    rule = pv_store_reply_check(&head, answer);
    if (rule == PV_STORE_RULE_KEPT && answer->length <= decoder.left)
        *payload = decoder.bytes;
    return rule;
}

bool client_next_string(const unsigned char *payload, uint32_t size, uint32_t *offset,
                        const unsigned char **at, uint32_t *count)
{
    struct pv_store_decoder decoder = {payload + *offset, size - *offset};

    if (!pv_store_get_string(&decoder, at, count))
        return false;
    *offset = size - (uint32_t)decoder.left;
    return true;
}
