// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel module that uses every ring header as a driver would: to show that they compile unchanged
 * in a Linux tree, with its flags and its warnings as errors. It is built, never loaded.
 */
#include <linux/module.h>

#include "paravane/backend_queue.h"
#include "paravane/blk.h"
#include "paravane/console.h"
#include "paravane/frontend_queue.h"
#include "paravane/net.h"
#include "paravane/stream.h"

struct rings_device {
    struct pv_violations violations;
    struct pv_frontend_queue front;
    struct pv_backend_queue back;
    struct pv_stream_writer writer;
    struct pv_stream_reader reader;
};

static struct rings_device rings;

PV_PEER(struct pv_blk_request, rings_peer_request);

static int rings_attach(struct pv_shared memory, uint64_t bytes)
{
    const struct pv_ring_geometry requests = {256, sizeof(struct pv_blk_request)};
    const struct pv_ring_geometry responses = {256, sizeof(struct pv_blk_response)};
    const struct pv_protocol protocol = {(1u << PV_BLK_OPERATIONS) - 1, PV_BLK_FLAG_FUA};

    pv_ring_format(memory, bytes);
    if (pv_producer_attach(&rings.front.requests, memory, bytes, requests, 0, &rings.violations) !=
            PV_RULE_KEPT ||
        pv_consumer_attach(&rings.front.responses, memory, bytes, responses, 0,
                           &rings.violations) != PV_RULE_KEPT ||
        pv_consumer_attach(&rings.back.requests, memory, bytes, requests, 0, &rings.violations) !=
            PV_RULE_KEPT ||
        pv_producer_attach(&rings.back.responses, memory, bytes, responses, 0, &rings.violations) !=
            PV_RULE_KEPT ||
        pv_frontend_queue_init(&rings.front, 256) != PV_RULE_KEPT ||
        pv_backend_queue_init(&rings.back, 256, protocol) != PV_RULE_KEPT ||
        pv_stream_writer_attach(&rings.writer, memory, bytes, 4096, 0, &rings.violations) !=
            PV_RULE_KEPT ||
        pv_stream_reader_attach(&rings.reader, memory, bytes, 4096, 0, &rings.violations) !=
            PV_RULE_KEPT)
        return -EINVAL;
    return 0;
}

static bool rings_submit(struct pv_blk_request *request)
{
    if (pv_frontend_queue_put(&rings.front, &request->head, sizeof(*request)) == PV_ID_NONE)
        return false;
    return pv_producer_publish(&rings.front.requests);
}

static bool rings_serve(void)
{
    struct pv_blk_response response = {};
    struct pv_blk_request request;

    while (pv_backend_queue_take(&rings.back, &request.head, sizeof(request))) {
        response.head.id = request.head.id;
        pv_backend_queue_respond(&rings.back, &response.head, sizeof(response));
    }
    if (pv_consumer_refused(&rings.back.requests) != PV_RULE_KEPT)
        pr_warn("%s\n", pv_rule_name(pv_consumer_refused(&rings.back.requests)));
    return pv_producer_publish(&rings.back.responses) && pv_consumer_arm(&rings.back.requests, 1);
}

static int __init rings_init(void)
{
    struct pv_shared memory = {0};
    struct pv_blk_request request = {};
    struct pv_blk_response response;
    struct rings_peer_request peer = {memory};
    char text[16] = "";

    if (rings_attach(memory, 0))
        return -EINVAL;
    request = rings_peer_request_copy_out(peer);
    if (rings_submit(&request) || rings_serve())
        return -EAGAIN;
    if (!pv_frontend_queue_take(&rings.front, &response.head, sizeof(response)))
        return -EIO;
    if (pv_stream_write(&rings.writer, text, sizeof(text)) !=
        pv_stream_read(&rings.reader, text, sizeof(text)))
        return -EIO;
    return 0;
}

module_init(rings_init);
MODULE_DESCRIPTION("Paravane rings, built against a kernel");
MODULE_LICENSE("GPL");
