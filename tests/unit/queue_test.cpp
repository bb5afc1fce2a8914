// SPDX-License-Identifier: Apache-2.0
//
// A frontend and a backend joined by their two rings.
#include <set>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "ring_memory.hpp"

namespace paravane::unit {

namespace {

struct Request {
    pv_request_head head;
    uint64_t tag;
    uint64_t rest[2];
};

struct Small {
    pv_request_head head;
    uint64_t rest;
};

struct Response {
    pv_response_head head;
    uint64_t tag;
};

// The request ring may be smaller than the depth, or larger; the response ring holds the depth.
class Queues : public testing::Test {
  protected:
    void join(uint32_t request_slots, uint32_t response_slots, uint32_t depth)
    {
        const pv_ring_geometry asked{request_slots, sizeof(Request)};
        const pv_ring_geometry answered{response_slots, sizeof(Response)};
        ASSERT_EQ(pv_producer_attach(&front.requests, requests.at(), requests.bytes(), asked, 0,
                                     &of_frontend),
                  PV_RULE_KEPT);
        ASSERT_EQ(pv_consumer_attach(&front.responses, responses.at(), responses.bytes(), answered,
                                     0, &of_frontend),
                  PV_RULE_KEPT);
        ASSERT_EQ(pv_consumer_attach(&back.requests, requests.at(), requests.bytes(), asked, 0,
                                     &of_backend),
                  PV_RULE_KEPT);
        ASSERT_EQ(pv_producer_attach(&back.responses, responses.at(), responses.bytes(), answered,
                                     0, &of_backend),
                  PV_RULE_KEPT);
        ASSERT_EQ(pv_frontend_queue_init(&front, depth), PV_RULE_KEPT);
        ASSERT_EQ(pv_backend_queue_init(&back, depth, {1U << 3, 0x81}), PV_RULE_KEPT);
    }

    uint32_t put(uint64_t tag)
    {
        // The id is the queue's to choose, whatever stands there.
        Request request{{pv_le16_of(0xffff), 3, 0x80, {}}, tag, {tag, ~tag}};
        const uint32_t id = pv_frontend_queue_put(&front, &request.head, sizeof(request));
        pv_producer_publish_quietly(&front.requests);
        if (id != PV_ID_NONE) {
            EXPECT_EQ(pv_le16_get(request.head.id), id);
        }
        return id;
    }

    bool take_request(Request &request)
    {
        const bool took = pv_backend_queue_take(&back, &request.head, sizeof(request));
        pv_consumer_release_quietly(&back.requests);
        return took;
    }

    bool respond(uint32_t id, int32_t status, uint64_t tag)
    {
        const Response response{
            {pv_le16_of(static_cast<uint16_t>(id)), {}, pv_le32_of(static_cast<uint32_t>(status))},
            tag};
        const bool done = pv_backend_queue_respond(&back, &response.head, sizeof(response));
        pv_producer_publish_quietly(&back.responses);
        return done;
    }

    bool take_response(Response &response)
    {
        const bool took = pv_frontend_queue_take(&front, &response.head, sizeof(response));
        pv_consumer_release_quietly(&front.responses);
        return took;
    }

    RingMemory requests{pv_ring_geometry{8, sizeof(Request)}};
    RingMemory responses{pv_ring_geometry{8, sizeof(Response)}};
    pv_violations of_frontend = {};
    pv_violations of_backend = {};
    pv_frontend_queue front = {};
    pv_backend_queue back = {};
};

TEST_F(Queues, CarryRequestsAndTheirResponsesInAnyOrder)
{
    join(8, 8, 8);
    for (uint64_t round = 0; round < 50; round++) {
        uint64_t tag_of[8] = {};
        uint32_t order[4];
        for (uint32_t i = 0; i < 4; i++) {
            const uint32_t id = put(round * 10 + i);
            ASSERT_LT(id, 8U);
            tag_of[id] = round * 10 + i;
        }
        for (uint32_t &id : order) {
            Request request = {};
            ASSERT_TRUE(take_request(request));
            id = pv_le16_get(request.head.id);
            ASSERT_EQ(request.tag, tag_of[id]);
            ASSERT_EQ(request.rest[1], ~request.tag);
            ASSERT_EQ(request.head.flags, 0x80);
        }
        for (uint32_t i : {2U, 0U, 3U, 1U})
            ASSERT_TRUE(respond(order[i], -5, tag_of[order[i]]));
        for (uint32_t i : {2U, 0U, 3U, 1U}) {
            Response response = {};
            ASSERT_TRUE(take_response(response));
            ASSERT_EQ(pv_le16_get(response.head.id), order[i]);
            ASSERT_EQ(static_cast<int32_t>(pv_le32_get(response.head.status)), -5);
            ASSERT_EQ(response.tag, tag_of[order[i]]);
        }
        ASSERT_EQ(front.ids.pending, 0U);
        ASSERT_EQ(back.ids.pending, 0U);
    }
    Request request = {};
    Response response = {};
    EXPECT_FALSE(take_request(request));
    EXPECT_FALSE(take_response(response));
    for (uint64_t count : of_frontend.count)
        EXPECT_EQ(count, 0U);
    for (uint64_t count : of_backend.count)
        EXPECT_EQ(count, 0U);
}

TEST_F(Queues, ManyAreTakenAtOnce)
{
    join(8, 8, 8);
    for (uint64_t tag = 0; tag < 5; tag++)
        ASSERT_EQ(put(tag), tag);
    Request taken[4] = {};
    EXPECT_EQ(pv_backend_queue_take_many(&back, taken, sizeof(Request), 4), 4U);
    EXPECT_EQ(back.ids.pending, 4U);
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_EQ(taken[i].tag, i);
    EXPECT_EQ(pv_backend_queue_take_many(&back, taken, sizeof(Request), 4), 1U);
    EXPECT_EQ(taken[0].tag, 4U);
    EXPECT_EQ(pv_backend_queue_take_many(&back, taken, sizeof(Request), 4), 0U);
    EXPECT_EQ(back.requests.side.refused, PV_RULE_KEPT);
}

TEST_F(Queues, WhatIsBehindABrokenRuleIsNotTaken)
{
    join(8, 8, 8);
    for (uint64_t tag = 0; tag < 5; tag++)
        ASSERT_EQ(put(tag), tag);
    // The third asks under the id of the second.
    requests.set_byte(layout::slots + 2 * sizeof(Request), 1);
    Request taken[5] = {};
    EXPECT_EQ(pv_backend_queue_take_many(&back, taken, sizeof(Request), 5), 2U);
    EXPECT_EQ(back.ids.pending, 2U);
    EXPECT_EQ(back.requests.side.next, 3U);
    EXPECT_EQ(back.requests.side.refused, PV_RULE_REQUEST_PENDING);
    EXPECT_EQ(of_backend.count[PV_RULE_REQUEST_PENDING], 1U);
    EXPECT_EQ(pv_backend_queue_take_many(&back, taken, sizeof(Request), 5), 0U);
}

TEST_F(Queues, DepthBoundsWhatIsInFlight)
{
    join(8, 8, 5);
    std::set<uint32_t> ids;
    for (uint64_t i = 0; i < 5; i++)
        ids.insert(put(i));
    EXPECT_EQ(ids, (std::set<uint32_t>{0, 1, 2, 3, 4}));
    EXPECT_EQ(put(5), PV_ID_NONE);
    EXPECT_EQ(requests.word(layout::producer_index), 5U);
    Request request = {};
    Response response = {};
    ASSERT_TRUE(take_request(request));
    EXPECT_EQ(put(5), PV_ID_NONE) << "taken is not answered";
    ASSERT_TRUE(respond(pv_le16_get(request.head.id), 0, 0));
    EXPECT_EQ(put(5), PV_ID_NONE) << "answered is not seen";
    ASSERT_TRUE(take_response(response));
    EXPECT_EQ(put(5), pv_le16_get(response.head.id));
}

// A backend that answers and keeps the slot of the request: the id comes back, the slot does not.
TEST_F(Queues, FailedPutGivesItsIdBack)
{
    join(2, 8, 2);
    EXPECT_EQ(put(0), 0U);
    EXPECT_EQ(put(1), 1U);
    responses.set_word(layout::slots, 1);
    responses.set_word(layout::producer_index, 1);
    Response response = {};
    ASSERT_TRUE(take_response(response));
    EXPECT_EQ(front.ids.pending, 1U);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(put(2), PV_ID_NONE) << "the request ring is full";
    EXPECT_EQ(front.ids.pending, 1U);
    Request request = {};
    ASSERT_TRUE(take_request(request));
    EXPECT_EQ(pv_frontend_queue_put(&front, &request.head, 16), PV_ID_NONE) << "not the slot size";
    EXPECT_EQ(front.ids.pending, 1U);
    EXPECT_EQ(put(2), 1U);
}

// A response taken and not released still fills its slot.
TEST_F(Queues, UnreleasedResponsesAreInFlight)
{
    join(8, 8, 3);
    Request request = {};
    Response response = {};
    for (uint64_t i = 0; i < 3; i++) {
        ASSERT_EQ(put(i), i);
        ASSERT_TRUE(take_request(request));
        ASSERT_TRUE(respond(static_cast<uint32_t>(i), 0, i));
    }
    for (uint32_t taken = 1; taken <= 3; taken++) {
        ASSERT_TRUE(pv_frontend_queue_take(&front, &response.head, sizeof(response)));
        EXPECT_EQ(put(9), PV_ID_NONE);
    }
    EXPECT_EQ(front.ids.pending, 0U);
    static_cast<void>(pv_consumer_release(&front.responses));
    for (uint64_t i = 0; i < 3; i++)
        EXPECT_NE(put(i), PV_ID_NONE);
    EXPECT_EQ(put(3), PV_ID_NONE);
}

// A request's slot goes back before its response is seen.
TEST_F(Queues, NoResponseBeforeTheRequestsAreReleased)
{
    join(8, 8, 4);
    Request request = {};
    ASSERT_EQ(put(0), 0U);
    ASSERT_EQ(put(1), 1U);
    ASSERT_TRUE(take_request(request));
    ASSERT_TRUE(pv_backend_queue_take(&back, &request.head, sizeof(request)));
    EXPECT_FALSE(respond(0, 0, 0));
    EXPECT_TRUE(pv_ids_pending(&back.ids, 0));
    static_cast<void>(pv_consumer_release(&back.requests));
    EXPECT_TRUE(respond(0, 0, 0));
    EXPECT_TRUE(respond(1, 0, 0));
}

TEST_F(Queues, BackendRespondsOnlyToWhatItWasAsked)
{
    join(8, 8, 4);
    EXPECT_FALSE(respond(0, 0, 0)) << "nobody asked";
    ASSERT_EQ(put(1), 0U);
    EXPECT_FALSE(respond(0, 0, 0)) << "not taken";
    Request request = {};
    ASSERT_TRUE(take_request(request));
    for (uint32_t id : {1U, 3U, 4U, 7U, 65535U})
        EXPECT_FALSE(respond(id, 0, 0));
    EXPECT_EQ(responses.word(layout::producer_index), 0U);
    EXPECT_TRUE(respond(0, 0, 0));
    EXPECT_FALSE(respond(0, 0, 0)) << "answered";
    EXPECT_EQ(responses.word(layout::producer_index), 1U);
}

// A frontend that frees its ids without taking the responses overfills nothing.
TEST_F(Queues, ResponseWithoutRoomStaysInFlight)
{
    join(8, 2, 2);
    Request request = {};
    for (uint64_t i = 0; i < 2; i++) {
        ASSERT_NE(put(i), PV_ID_NONE);
        ASSERT_TRUE(take_request(request));
        ASSERT_TRUE(respond(pv_le16_get(request.head.id), 0, i));
    }
    pv_ids_clear(&front.ids, 1); // as if it had been taken
    ASSERT_EQ(put(2), 1U);
    ASSERT_TRUE(take_request(request));
    EXPECT_FALSE(respond(1, 0, 2));
    EXPECT_TRUE(pv_ids_pending(&back.ids, 1));
    EXPECT_EQ(back.ids.pending, 1U);
    EXPECT_EQ(pv_producer_refused(&back.responses), PV_RULE_KEPT);
}

TEST_F(Queues, RestoredBackendRemembersWhatIsInFlight)
{
    join(8, 8, 4);
    Request request = {};
    for (uint64_t i = 0; i < 3; i++) {
        ASSERT_NE(put(i), PV_ID_NONE);
        ASSERT_TRUE(take_request(request));
    }
    ASSERT_TRUE(respond(1, 0, 1));
    // Its successor, from a log that says: 3 taken, 1 answered, 0 and 2 in flight.
    pv_backend_queue successor = {};
    ASSERT_EQ(pv_consumer_attach(&successor.requests, requests.at(), requests.bytes(),
                                 {8, sizeof(Request)}, 3, &of_backend),
              PV_RULE_KEPT);
    ASSERT_EQ(pv_producer_attach(&successor.responses, responses.at(), responses.bytes(),
                                 {8, sizeof(Response)}, 1, &of_backend),
              PV_RULE_KEPT);
    ASSERT_EQ(pv_backend_queue_init(&successor, 4, {1U << 3, 0x81}), PV_RULE_KEPT);
    EXPECT_TRUE(pv_backend_queue_restore(&successor, 0));
    EXPECT_TRUE(pv_backend_queue_restore(&successor, 2));
    EXPECT_FALSE(pv_backend_queue_restore(&successor, 2)) << "twice in the log";
    EXPECT_FALSE(pv_backend_queue_restore(&successor, 4)) << "beyond the depth";
    EXPECT_EQ(successor.ids.pending, 2U);
    back = successor;
    EXPECT_FALSE(respond(1, 0, 1)) << "answered before the death";
    EXPECT_TRUE(respond(2, 0, 2));
    EXPECT_TRUE(respond(0, 0, 0));
    Response response = {};
    for (uint32_t id : {1U, 2U, 0U}) {
        ASSERT_TRUE(take_response(response));
        EXPECT_EQ(pv_le16_get(response.head.id), id);
        EXPECT_EQ(response.tag, id);
    }
    EXPECT_EQ(front.ids.pending, 0U);
}

// Of the largest depth: ids of 16 bits reach it.
TEST(LargestQueue, KnowsItsLastId)
{
    const pv_ring_geometry geometry{32768, 16};
    RingMemory requests(geometry);
    RingMemory responses(geometry);
    pv_violations violations = {};
    pv_frontend_queue front = {};
    ASSERT_EQ(pv_producer_attach(&front.requests, requests.at(), requests.bytes(), geometry, 0,
                                 &violations),
              PV_RULE_KEPT);
    ASSERT_EQ(pv_consumer_attach(&front.responses, responses.at(), responses.bytes(), geometry, 0,
                                 &violations),
              PV_RULE_KEPT);
    ASSERT_EQ(pv_frontend_queue_init(&front, 32768), PV_RULE_KEPT);
    for (uint32_t i = 0; i < 32768; i++) {
        Small request = {};
        ASSERT_EQ(pv_frontend_queue_put(&front, &request.head, sizeof(request)), i);
        ASSERT_EQ(pv_le16_get(request.head.id), i);
    }
    Small request = {};
    EXPECT_EQ(pv_frontend_queue_put(&front, &request.head, sizeof(request)), PV_ID_NONE);
    EXPECT_EQ(front.ids.pending, 32768U);
}

// A queue whose ring was refused its place has no depth, and the count goes where the ring's went.
TEST(RefusedPlace, LeavesAQueueOfNoDepth)
{
    pv_violations violations = {};
    pv_frontend_queue front = {};
    pv_backend_queue back = {};
    const pv_shared nowhere = {0};
    RingMemory memory(pv_ring_geometry{4, 16});
    ASSERT_EQ(
        pv_producer_attach(&front.requests, memory.at(), memory.bytes(), {4, 16}, 0, &violations),
        PV_RULE_KEPT);
    ASSERT_EQ(pv_consumer_attach(&front.responses, nowhere, 0, {4, 16}, 0, &violations),
              PV_RULE_MEMORY);
    ASSERT_EQ(pv_consumer_attach(&back.requests, nowhere, 0, {4, 16}, 0, &violations),
              PV_RULE_MEMORY);
    ASSERT_EQ(
        pv_producer_attach(&back.responses, memory.at(), memory.bytes(), {4, 16}, 0, &violations),
        PV_RULE_KEPT);
    EXPECT_EQ(pv_frontend_queue_init(&front, 1), PV_RULE_DEPTH);
    EXPECT_EQ(pv_backend_queue_init(&back, 1, {1, 0}), PV_RULE_DEPTH);
    EXPECT_EQ(violations.count[PV_RULE_DEPTH], 2U);
    Request request = {};
    Response response = {};
    EXPECT_EQ(pv_frontend_queue_put(&front, &request.head, sizeof(request)), PV_ID_NONE);
    EXPECT_FALSE(pv_frontend_queue_take(&front, &response.head, sizeof(response)));
    EXPECT_FALSE(pv_backend_queue_take(&back, &request.head, sizeof(request)));
    EXPECT_FALSE(pv_backend_queue_respond(&back, &response.head, sizeof(response)));
}

// Never attached, a queue has nowhere to count and no depth either.
TEST(UnattachedQueue, HasNoDepth)
{
    static pv_frontend_queue front;
    static pv_backend_queue back;
    EXPECT_EQ(pv_frontend_queue_init(&front, 1), PV_RULE_DEPTH);
    EXPECT_EQ(pv_backend_queue_init(&back, 1, {1, 0}), PV_RULE_DEPTH);
    Request request = {};
    EXPECT_EQ(pv_frontend_queue_put(&front, &request.head, sizeof(request)), PV_ID_NONE);
    EXPECT_FALSE(pv_backend_queue_take(&back, &request.head, sizeof(request)));
    EXPECT_FALSE(pv_backend_queue_restore(&back, 0));
}

} // namespace

} // namespace paravane::unit
