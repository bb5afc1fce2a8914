// SPDX-License-Identifier: Apache-2.0
#include "in_c.h"

#include <paravane/backend_queue.h>
#include <paravane/blk.h>
#include <paravane/console.h>
#include <paravane/frontend_queue.h>
#include <paravane/net.h>
#include <paravane/stream.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__;                                                                       \
    } while (0)

PV_PEER(struct pv_blk_request, pv_peer_blk_request);
PV_PEER(struct pv_net_response, pv_peer_net_response);

struct message {
    uint64_t sequence;
    uint64_t check;
};

int in_c_slots(void *memory)
{
    const struct pv_ring_geometry geometry = {4, sizeof(struct message)};
    struct pv_shared at = pv_shared_from_pointer(memory);
    struct pv_violations violations = {{0}};
    struct pv_producer producer;
    struct pv_consumer consumer;
    uint64_t sent = 0;
    uint64_t received = 0;

    pv_ring_format(at, pv_ring_bytes(geometry));
    CHECK(pv_producer_attach(&producer, at, 4096, geometry, 0, &violations) == PV_RULE_KEPT);
    CHECK(pv_consumer_attach(&consumer, at, 4096, geometry, 0, &violations) == PV_RULE_KEPT);
    while (received < 1000) {
        struct message message = {sent, ~sent};
        struct message got[3];
        uint32_t count;
        uint32_t i;

        while (pv_producer_put(&producer, &message, sizeof(message), 1) == 1) {
            sent++;
            message.sequence = sent;
            message.check = ~sent;
        }
        CHECK(pv_producer_room(&producer) == 0);
        (void)pv_producer_publish(&producer);
        count = pv_consumer_take(&consumer, got, sizeof(got[0]), 3);
        CHECK(count == 3 || count == 1);
        for (i = 0; i < count; i++, received++)
            CHECK(got[i].sequence == received && got[i].check == ~received);
        (void)pv_consumer_release(&consumer);
    }
    pv_producer_close(&producer);
    CHECK(!pv_consumer_arm(&consumer, 1));
    while (!pv_consumer_ended(&consumer)) {
        struct message last;

        CHECK(pv_consumer_take(&consumer, &last, sizeof(last), 1) == 1);
        CHECK(last.sequence == received++);
    }
    CHECK(sent == received);
    pv_consumer_close(&consumer);
    CHECK(pv_producer_peer_closed(&producer));
    CHECK(pv_producer_refused(&producer) == PV_RULE_KEPT);
    CHECK(pv_consumer_refused(&consumer) == PV_RULE_KEPT);
    CHECK(pv_rule_name(PV_RULE_KEPT)[0] == 'k');
    return 0;
}

int in_c_stream(void *memory)
{
    struct pv_shared at = pv_shared_from_pointer(memory);
    struct pv_violations violations = {{0}};
    struct pv_stream_writer writer;
    struct pv_stream_reader reader;
    unsigned char next_in = 0;
    unsigned char next_out = 0;
    int round;

    pv_ring_format(at, 4096);
    CHECK(pv_stream_writer_attach(&writer, at, 4096, 64, 0, &violations) == PV_RULE_KEPT);
    CHECK(pv_stream_reader_attach(&reader, at, 4096, 64, 0, &violations) == PV_RULE_KEPT);
    for (round = 0; round < 500; round++) {
        unsigned char bytes[23];
        unsigned char got[17];
        uint32_t i;
        uint32_t count;

        for (i = 0; i < sizeof(bytes); i++)
            bytes[i] = (unsigned char)(next_in + i);
        next_in = (unsigned char)(next_in + pv_stream_write(&writer, bytes, sizeof(bytes)));
        (void)pv_stream_publish(&writer);
        count = pv_stream_read(&reader, got, sizeof(got));
        for (i = 0; i < count; i++)
            CHECK(got[i] == next_out++);
        (void)pv_stream_release(&reader);
    }
    pv_stream_writer_close(&writer);
    CHECK(!pv_stream_reader_ended(&reader));
    CHECK(pv_stream_writer_refused(&writer) == PV_RULE_KEPT);
    CHECK(pv_stream_reader_refused(&reader) == PV_RULE_KEPT);
    return 0;
}

int in_c_queues(void *requests, void *responses)
{
    static struct pv_frontend_queue front;
    static struct pv_backend_queue back;
    const struct pv_ring_geometry asked = {8, sizeof(struct pv_blk_request)};
    const struct pv_ring_geometry answered = {8, sizeof(struct pv_blk_response)};
    const struct pv_protocol protocol = {1u << PV_BLK_READ, 0};
    struct pv_shared request_ring = pv_shared_from_pointer(requests);
    struct pv_shared response_ring = pv_shared_from_pointer(responses);
    struct pv_violations violations = {{0}};
    uint32_t round;

    CHECK(!pv_producer_attach(&front.requests, request_ring, 4096, asked, 0, &violations));
    CHECK(!pv_consumer_attach(&front.responses, response_ring, 4096, answered, 0, &violations));
    CHECK(!pv_consumer_attach(&back.requests, request_ring, 4096, asked, 0, &violations));
    CHECK(!pv_producer_attach(&back.responses, response_ring, 4096, answered, 0, &violations));
    CHECK(pv_frontend_queue_init(&front, 8) == PV_RULE_KEPT);
    CHECK(pv_backend_queue_init(&back, 8, protocol) == PV_RULE_KEPT);
    for (round = 0; round < 100; round++) {
        struct pv_blk_request request = {.head = {.operation = PV_BLK_READ}};
        struct pv_blk_request seen;
        struct pv_blk_response response = {.reserved = pv_le64_of(0)};

        request.sector = pv_le64_of(round);
        CHECK(pv_frontend_queue_put(&front, &request.head, sizeof(request)) != PV_ID_NONE);
        (void)pv_producer_publish(&front.requests);
        CHECK(pv_backend_queue_take(&back, &seen.head, sizeof(seen)));
        CHECK(pv_le64_get(seen.sector) == round);
        (void)pv_consumer_release(&back.requests);
        response.head.id = seen.head.id;
        CHECK(pv_backend_queue_respond(&back, &response.head, sizeof(response)));
        (void)pv_producer_publish(&back.responses);
        CHECK(pv_frontend_queue_take(&front, &response.head, sizeof(response)));
        (void)pv_consumer_release(&front.responses);
    }
    CHECK(!pv_backend_queue_restore(&back, 8));
    CHECK(front.ids.pending == 0 && back.ids.pending == 0);
    return 0;
}

int in_c_peer(void *memory)
{
    struct pv_shared at = pv_shared_from_pointer(memory);
    const struct pv_blk_request request = {.sector = pv_le64_of(0x123456789), .head = {.flags = 3}};
    const struct pv_peer_blk_request peer = {at};
    const struct pv_peer_net_response other = {at};
    struct pv_blk_request copy;

    pv_shared_copy_in(at, &request, sizeof(request));
    copy = pv_peer_blk_request_copy_out(peer);
    CHECK(pv_le64_get(copy.sector) == 0x123456789);
    CHECK(copy.head.flags == 3);
    CHECK(pv_le32_get(pv_peer_net_response_copy_out(other).length) == 0x23456789);
    return 0;
}
