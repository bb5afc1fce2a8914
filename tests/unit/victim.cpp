// SPDX-License-Identifier: Apache-2.0
#include "victim.hpp"

#include <gtest/gtest.h>

#include "layout.hpp"
#include "message.hpp"

namespace paravane::unit {

namespace {

constexpr pv_ring_geometry four{4, 16};

struct Request {
    pv_request_head head;
    uint64_t rest;
};

struct Response {
    pv_response_head head;
    uint64_t rest;
};

} // namespace

uint32_t ProducerVictim::put(uint32_t count)
{
    const auto messages = messages_from(0, count, 16);
    const uint32_t done = pv_producer_put(&side, messages.data(), 16, count);
    pv_producer_publish_quietly(&side);
    return done;
}

void ProducerVictim::try_everything()
{
    const auto messages = messages_from(0, 4, 16);
    EXPECT_EQ(pv_producer_room(&side), 0U);
    for (uint32_t count : {0U, 1U, 4U})
        EXPECT_EQ(pv_producer_put(&side, messages.data(), 16, count), 0U);
    EXPECT_FALSE(pv_producer_publish(&side));
    pv_producer_publish_quietly(&side);
    EXPECT_FALSE(pv_producer_arm(&side, 0));
    EXPECT_FALSE(pv_producer_arm(&side, 4));
    EXPECT_FALSE(pv_producer_peer_closed(&side));
}

bool ProducerVictim::close()
{
    pv_producer_close(&side);
    return side.side.slots != 0;
}

uint32_t ConsumerVictim::take(uint32_t most)
{
    std::vector<unsigned char> to(uint64_t{most} * 16);
    const uint32_t done = pv_consumer_take(&side, to.data(), 16, most);
    pv_consumer_release_quietly(&side);
    return done;
}

void ConsumerVictim::try_everything()
{
    unsigned char to[64];
    EXPECT_EQ(pv_consumer_available(&side), 0U);
    for (uint32_t most : {0U, 1U, 4U})
        EXPECT_EQ(pv_consumer_take(&side, to, 16, most), 0U);
    EXPECT_FALSE(pv_consumer_release(&side));
    pv_consumer_release_quietly(&side);
    EXPECT_FALSE(pv_consumer_arm(&side, 0));
    EXPECT_FALSE(pv_consumer_arm(&side, 4));
    EXPECT_FALSE(pv_consumer_ended(&side));
}

bool ConsumerVictim::close()
{
    pv_consumer_close(&side);
    return side.side.slots != 0;
}

void WriterVictim::try_everything()
{
    const unsigned char bytes[16] = {};
    for (uint32_t count : {0U, 1U, 16U})
        EXPECT_EQ(pv_stream_write(&side, bytes, count), 0U);
    EXPECT_FALSE(pv_stream_publish(&side));
    EXPECT_FALSE(pv_stream_writer_arm(&side, 0));
    EXPECT_FALSE(pv_stream_writer_arm(&side, 16));
    EXPECT_FALSE(pv_stream_writer_peer_closed(&side));
}

bool WriterVictim::close()
{
    pv_stream_writer_close(&side);
    return side.side.slots != 0;
}

void ReaderVictim::try_everything()
{
    unsigned char to[16];
    for (uint32_t most : {0U, 1U, 16U})
        EXPECT_EQ(pv_stream_read(&side, to, most), 0U);
    EXPECT_FALSE(pv_stream_release(&side));
    EXPECT_FALSE(pv_stream_reader_arm(&side, 0));
    EXPECT_FALSE(pv_stream_reader_arm(&side, 16));
    EXPECT_FALSE(pv_stream_reader_ended(&side));
}

bool ReaderVictim::close()
{
    pv_stream_reader_close(&side);
    return side.side.slots != 0;
}

FrontendVictim::FrontendVictim(pv_violations &violations, uint32_t depth)
    : requests(four), responses(four)
{
    EXPECT_EQ(
        pv_producer_attach(&queue.requests, requests.at(), requests.bytes(), four, 0, &violations),
        PV_RULE_KEPT);
    EXPECT_EQ(pv_consumer_attach(&queue.responses, responses.at(), responses.bytes(), four, 0,
                                 &violations),
              PV_RULE_KEPT);
    of_init = pv_frontend_queue_init(&queue, depth);
}

uint32_t FrontendVictim::put()
{
    Request request = {};
    const uint32_t id = pv_frontend_queue_put(&queue, &request.head, sizeof(request));
    pv_producer_publish_quietly(&queue.requests);
    return id;
}

void FrontendVictim::answer(const pv_response_head &head)
{
    const Response response{head, 0};
    pv_shared_copy_in(responses.at(layout::slots + uint64_t{answered_} % 4 * 16), &response, 16);
    responses.set_word(layout::producer_index, ++answered_);
}

bool FrontendVictim::take()
{
    Response response = {};
    const bool took = pv_frontend_queue_take(&queue, &response.head, sizeof(response));
    pv_consumer_release_quietly(&queue.responses);
    return took;
}

pv_rule FrontendVictim::refused() const
{
    return of_init != PV_RULE_KEPT ? of_init : pv_consumer_refused(&queue.responses);
}

void FrontendVictim::try_everything()
{
    const uint32_t pending = queue.ids.pending;
    EXPECT_FALSE(take());
    EXPECT_EQ(queue.ids.pending, pending);
    if (of_init != PV_RULE_KEPT) {
        EXPECT_EQ(put(), PV_ID_NONE);
    }
}

bool FrontendVictim::close()
{
    pv_consumer_close(&queue.responses);
    return queue.responses.side.slots != 0;
}

BackendVictim::BackendVictim(pv_violations &violations, uint32_t depth)
    : requests(four), responses(four)
{
    EXPECT_EQ(
        pv_consumer_attach(&queue.requests, requests.at(), requests.bytes(), four, 0, &violations),
        PV_RULE_KEPT);
    EXPECT_EQ(pv_producer_attach(&queue.responses, responses.at(), responses.bytes(), four, 0,
                                 &violations),
              PV_RULE_KEPT);
    of_init = pv_backend_queue_init(&queue, depth, {(1U << 0) | (1U << 5), 0x04});
}

void BackendVictim::ask(const pv_request_head &head)
{
    const Request request{head, 0};
    pv_shared_copy_in(requests.at(layout::slots + uint64_t{asked_} % 4 * 16), &request, 16);
    requests.set_word(layout::producer_index, ++asked_);
}

bool BackendVictim::take()
{
    Request request = {};
    const bool took = pv_backend_queue_take(&queue, &request.head, sizeof(request));
    pv_consumer_release_quietly(&queue.requests);
    return took;
}

bool BackendVictim::respond(uint32_t id)
{
    const Response response{{pv_le16_of(static_cast<uint16_t>(id)), {}, {}}, 0};
    const bool done = pv_backend_queue_respond(&queue, &response.head, sizeof(response));
    pv_producer_publish_quietly(&queue.responses);
    return done;
}

pv_rule BackendVictim::refused() const
{
    return of_init != PV_RULE_KEPT ? of_init : pv_consumer_refused(&queue.requests);
}

void BackendVictim::try_everything()
{
    const uint32_t pending = queue.ids.pending;
    EXPECT_FALSE(take());
    EXPECT_EQ(queue.ids.pending, pending);
    if (of_init != PV_RULE_KEPT) {
        EXPECT_FALSE(respond(0));
        EXPECT_FALSE(pv_backend_queue_restore(&queue, 0));
    }
}

bool BackendVictim::close()
{
    pv_consumer_close(&queue.requests);
    return queue.requests.side.slots != 0;
}

} // namespace paravane::unit
