/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The store's protocol: requests one way, replies and events the other, over any reliable stream of
 * bytes. docs/abi.md is normative. Freestanding: a guest's kernel encodes and checks with what is here.
 *
 * Strings are a 16-bit length and that many bytes. No byte ends a string.
 */
#ifndef PARAVANE_STORE_H
#define PARAVANE_STORE_H

#include <paravane/wire.h>

#define PV_STORE_VERSION 1u
#define PV_STORE_FEATURES 0ull /* none are defined */

#define PV_STORE_COMPONENT_MAX 128u
#define PV_STORE_PATH_MAX 1024u /* of the absolute path, with its slashes */
#define PV_STORE_DEPTH_MAX 32u
#define PV_STORE_VALUE_MAX 4096u
#define PV_STORE_GRANTS_MAX 8u
#define PV_STORE_PAYLOAD_MAX 8192u

enum pv_store_operation {
    PV_STORE_HELLO = 0,
    PV_STORE_READ = 1,
    PV_STORE_WRITE = 2,
    PV_STORE_LIST = 3,
    PV_STORE_MKDIR = 4,
    PV_STORE_RM = 5,
    PV_STORE_GET_PERMISSIONS = 6,
    PV_STORE_SET_PERMISSIONS = 7,
    PV_STORE_WATCH = 8,
    PV_STORE_UNWATCH = 9,
    PV_STORE_BEGIN = 10,
    PV_STORE_COMMIT = 11,
    PV_STORE_ABORT = 12,
    PV_STORE_OPERATIONS
};

enum pv_store_kind { PV_STORE_REPLY = 0, PV_STORE_EVENT = 1, PV_STORE_KINDS };

#define PV_STORE_FLAG_MORE 0x1u     /* a list's reply: there are names after the last one */
#define PV_STORE_FLAG_OVERFLOW 0x2u /* an event: others of this watch were lost, read all again */

#define PV_STORE_RIGHT_READ 0x1u
#define PV_STORE_RIGHT_WRITE 0x2u
#define PV_STORE_RIGHTS 0x3u

struct pv_store_request {
    struct pv_le16 operation; /* enum pv_store_operation */
    struct pv_le16 flags;     /* reserved */
    struct pv_le32 id;        /* the client's; the reply has it */
    struct pv_le32 transaction;
    struct pv_le32 length;   /* of the payload, bytes */
    struct pv_le64 argument; /* the cookie of a watch */
};

struct pv_store_reply {
    struct pv_le16 kind; /* enum pv_store_kind */
    struct pv_le16 flags;
    struct pv_le32 id;       /* the request's; 0 in an event */
    struct pv_le32 status;   /* 0, or the two's complement of an error's number */
    struct pv_le32 length;   /* of the payload, bytes */
    struct pv_le64 argument; /* an event's cookie, begin's transaction, hello's domain */
};

struct pv_store_hello {
    struct pv_le32 version;
    struct pv_le32 reserved;
    struct pv_le64 features;
};

struct pv_store_grant {
    struct pv_le16 domain;
    struct pv_le16 rights;
};

struct pv_store_permissions {
    struct pv_le16 owner;
    struct pv_le16 others; /* the rights of every domain that has no grant */
    struct pv_le16 grants;
    struct pv_le16 reserved;
    struct pv_store_grant grant[PV_STORE_GRANTS_MAX]; /* zero from `grants` on */
};

PV_STATIC_ASSERT(offsetof(struct pv_store_request, operation) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_request, flags) == 2, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_request, id) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_request, transaction) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_request, length) == 12, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_request, argument) == 16, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_store_request) == 24, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_reply, kind) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_reply, flags) == 2, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_reply, id) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_reply, status) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_reply, length) == 12, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_reply, argument) == 16, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_store_reply) == 24, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_hello, version) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_hello, reserved) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_hello, features) == 8, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_store_hello) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_grant, domain) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_grant, rights) == 2, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_store_grant) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_permissions, owner) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_permissions, others) == 2, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_permissions, grants) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_permissions, reserved) == 6, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_store_permissions, grant) == 8, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_store_permissions) == 40, "ABI");

/* The whole of the longest request: what a host holds of one client at most. */
#define PV_STORE_MESSAGE_MAX ((uint32_t)sizeof(struct pv_store_request) + PV_STORE_PAYLOAD_MAX)

/*
 * The rules of the protocol, numbered as in docs/abi.md. A peer that breaks one is refused: its session
 * ends. What is only wrong, such as a path that is not there, is a reply's status and breaks nothing.
 */
enum pv_store_rule {
    PV_STORE_RULE_KEPT = 0,

    /* Requests, as the store checks them. */
    PV_STORE_RULE_REQUEST_LENGTH = 1,
    PV_STORE_RULE_REQUEST_FLAGS = 2,
    PV_STORE_RULE_REQUEST_ARGUMENT = 3,
    PV_STORE_RULE_REQUEST_TRANSACTION = 4,
    PV_STORE_RULE_REQUEST_STRING = 5,
    PV_STORE_RULE_REQUEST_TRAILING = 6,
    PV_STORE_RULE_REQUEST_PERMISSIONS = 7,
    PV_STORE_RULE_REQUEST_HELLO = 8,

    /* Replies and events, as a client checks them. */
    PV_STORE_RULE_REPLY_KIND = 9,
    PV_STORE_RULE_REPLY_FLAGS = 10,
    PV_STORE_RULE_REPLY_STATUS = 11,
    PV_STORE_RULE_REPLY_LENGTH = 12,
    PV_STORE_RULE_EVENT_ID = 13,

    PV_STORE_RULES
};

/* Breaks seen, by rule. Private memory, one owner thread; many sessions may share one. */
struct pv_store_violations {
    uint64_t count[PV_STORE_RULES];
};

PV_INLINE const char *pv_store_rule_name(enum pv_store_rule rule)
{
    static const char *const names[PV_STORE_RULES] = {
        "kept",
        "payload longer than the largest",
        "reserved request flags not zero",
        "argument of an operation that takes none",
        "transaction of an operation that takes none",
        "string past the end of the payload",
        "bytes after the last field",
        "permissions not well formed",
        "hello not well formed",
        "unknown kind of reply",
        "unknown reply flags",
        "status neither zero nor an error",
        "reply longer than the largest",
        "event with an id or a status",
    };

    return (uint32_t)rule < PV_STORE_RULES ? names[rule] : "no such rule";
}

/*
 * Writes a request into a buffer of the client's. It is sent when finish has said its size. Once something
 * did not fit there is no room left, and finish says so.
 */
struct pv_store_encoder {
    unsigned char *bytes;
    uint32_t size;
    uint32_t used;
};

PV_INLINE void pv_store_fail(struct pv_store_encoder *encoder)
{
    encoder->size = 0;
    encoder->used = 0;
}

PV_INLINE void pv_store_put_bytes(struct pv_store_encoder *encoder, const void *bytes,
                                  uint32_t count)
{
    const unsigned char *from = (const unsigned char *)bytes;
    uint32_t i;

    if (count > encoder->size - encoder->used) {
        pv_store_fail(encoder);
        return;
    }
    for (i = 0; i < count; i++)
        encoder->bytes[encoder->used + i] = from[i];
    encoder->used += count;
}

PV_INLINE void pv_store_put_string(struct pv_store_encoder *encoder, const void *bytes,
                                   uint32_t count)
{
    struct pv_le16 length = pv_le16_of((uint16_t)count);

    if (count > PV_STORE_PAYLOAD_MAX - sizeof(length)) {
        pv_store_fail(encoder);
        return;
    }
    pv_store_put_bytes(encoder, &length, sizeof(length));
    pv_store_put_bytes(encoder, bytes, count);
}

PV_INLINE void pv_store_begin(struct pv_store_encoder *encoder, void *buffer, uint32_t size,
                              enum pv_store_operation operation, uint32_t id, uint32_t transaction,
                              uint64_t argument)
{
    struct pv_store_request head = {
        pv_le16_of((uint16_t)operation), pv_le16_of(0), pv_le32_of(id),
        pv_le32_of(transaction),         pv_le32_of(0), pv_le64_of(argument),
    };

    encoder->bytes = (unsigned char *)buffer;
    encoder->size = size;
    encoder->used = 0;
    pv_store_put_bytes(encoder, &head, sizeof(head));
}

/* The bytes to send, or 0 when the request did not fit its buffer or the protocol. */
PV_INLINE uint32_t pv_store_finish(struct pv_store_encoder *encoder)
{
    const uint32_t head = (uint32_t)sizeof(struct pv_store_request);
    struct pv_le32 length = {0};

    if (encoder->used < head || encoder->used - head > PV_STORE_PAYLOAD_MAX)
        return 0;
    length = pv_le32_of(encoder->used - head);
    __builtin_memcpy(encoder->bytes + offsetof(struct pv_store_request, length), &length,
                     sizeof(length));
    return encoder->used;
}

/* Takes a payload apart. Of private memory: what the peer can still write is copied out before. */
struct pv_store_decoder {
    const unsigned char *bytes;
    size_t left;
};

/* False when fewer bytes than `count` are left; then nothing is taken. */
PV_INLINE bool pv_store_get_bytes(struct pv_store_decoder *decoder, void *to, uint32_t count)
{
    unsigned char *into = (unsigned char *)to;
    uint32_t i;

    if (decoder->left < count)
        return false;
    for (i = 0; i < count; i++)
        into[i] = decoder->bytes[i];
    decoder->bytes += count;
    decoder->left -= count;
    return true;
}

/* Shows where the string lies in the payload; false when it runs past the end. */
PV_INLINE bool pv_store_get_string(struct pv_store_decoder *decoder, const unsigned char **at,
                                   uint32_t *count)
{
    struct pv_le16 length = {0};

    if (!pv_store_get_bytes(decoder, &length, sizeof(length)))
        return false;
    *count = pv_le16_get(length);
    if (decoder->left < *count)
        return false;
    *at = decoder->bytes;
    decoder->bytes += *count;
    decoder->left -= *count;
    return true;
}

/* A reply's head, checked. */
struct pv_store_answer {
    uint16_t kind; /* enum pv_store_kind */
    uint16_t flags;
    uint32_t id;
    uint32_t error; /* 0, or a number of errors.h */
    uint32_t length;
    uint64_t argument;
};

#define PV_STORE_ERROR_MAX 4095u

/* Checks a head that was copied into private memory, before its payload is waited for. */
PV_INLINE enum pv_store_rule pv_store_reply_check(const struct pv_store_reply *reply,
                                                  struct pv_store_answer *answer)
{
    const uint32_t kind = pv_le16_get(reply->kind);
    const uint32_t allowed = kind == PV_STORE_EVENT ? PV_STORE_FLAG_OVERFLOW : PV_STORE_FLAG_MORE;

    if (kind >= PV_STORE_KINDS)
        return PV_STORE_RULE_REPLY_KIND;
    answer->kind = (uint16_t)kind;
    answer->flags = pv_le16_get(reply->flags);
    answer->id = pv_le32_get(reply->id);
    answer->error = 0u - pv_le32_get(reply->status);
    answer->length = pv_le32_get(reply->length);
    answer->argument = pv_le64_get(reply->argument);
    if ((answer->flags & ~allowed) != 0)
        return PV_STORE_RULE_REPLY_FLAGS;
    if (answer->error > PV_STORE_ERROR_MAX)
        return PV_STORE_RULE_REPLY_STATUS;
    if (answer->length > PV_STORE_PAYLOAD_MAX)
        return PV_STORE_RULE_REPLY_LENGTH;
    if (kind == PV_STORE_EVENT && (answer->id != 0 || answer->error != 0))
        return PV_STORE_RULE_EVENT_ID;
    return PV_STORE_RULE_KEPT;
}

#endif
