// SPDX-License-Identifier: Apache-2.0
//
// A disk's queue against backends that answer in any order, go away at any time, and lie.
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/blk/queue.hpp"

extern "C" {
#include <paravane/backend_queue.h>
}

namespace keel::blk {
namespace {

constexpr uint32_t depth = 8;
constexpr uint64_t writable = PV_BLK_FEATURES & ~PV_BLK_FEATURE_READ_ONLY;

struct alignas(PV_RING_LINE) Line {
    std::array<unsigned char, PV_RING_LINE> bytes{};
};

// Rings, and a backend that keeps the rules unless told otherwise.
struct Backend {
    Backend()
    {
        EXPECT_EQ(pv_consumer_attach(&queue.requests, requests().memory, requests().bytes,
                                     {depth, sizeof(pv_blk_request)}, 0, &violations),
                  PV_RULE_KEPT);
        EXPECT_EQ(pv_producer_attach(&queue.responses, responses().memory, responses().bytes,
                                     {depth, sizeof(pv_blk_response)}, 0, &violations),
                  PV_RULE_KEPT);
        EXPECT_EQ(pv_backend_queue_init(&queue, depth, {UINT64_MAX, UINT8_MAX}), PV_RULE_KEPT);
    }

    [[nodiscard]] Queue::Place requests()
    {
        return {pv_shared_from_pointer(request_lines.data()), request_lines.size() * sizeof(Line)};
    }
    [[nodiscard]] Queue::Place responses()
    {
        return {pv_shared_from_pointer(response_lines.data()),
                response_lines.size() * sizeof(Line)};
    }
    std::vector<pv_blk_request> take()
    {
        std::vector<pv_blk_request> all;
        pv_blk_request request = {};

        while (pv_backend_queue_take(&queue, &request.head, sizeof(request)))
            all.push_back(request);
        (void)pv_consumer_release(&queue.requests);
        return all;
    }
    void answer(const pv_blk_request &request, int32_t status = 0)
    {
        pv_blk_response response = {};

        response.head.id = request.head.id;
        response.head.status = pv_le32_of(static_cast<uint32_t>(status));
        EXPECT_TRUE(pv_backend_queue_respond(&queue, &response.head, sizeof(response)));
        notified = pv_producer_publish(&queue.responses) || notified;
    }
    // Without any check.
    void say(const pv_blk_response &response)
    {
        EXPECT_EQ(pv_producer_put(&queue.responses, &response, sizeof(response), 1), 1U);
        (void)pv_producer_publish(&queue.responses);
    }

    std::vector<Line> request_lines = std::vector<Line>(
        (sizeof(pv_ring_control) + depth * sizeof(pv_blk_request)) / sizeof(Line));
    std::vector<Line> response_lines = std::vector<Line>(
        (sizeof(pv_ring_control) + depth * sizeof(pv_blk_response)) / sizeof(Line));
    pv_backend_queue queue{};
    pv_violations violations{};
    bool notified = false;
};

class BlkQueue : public ::testing::Test {
  protected:
    void attach(Backend &to, uint64_t features = writable)
    {
        ASSERT_EQ(queue.attach(to.requests(), to.responses(), features), PV_RULE_KEPT);
    }
    // Sector and tag are the same number.
    bool put(uint64_t number, pv_blk_operation operation = PV_BLK_WRITE, bool fua = false)
    {
        const std::array<Segment, 1> segments = {{{{5}, 512, 4096}}};
        const bool data = operation == PV_BLK_READ || operation == PV_BLK_WRITE;

        return queue.put(
            {operation, fua, number, 8, std::span<const Segment>(segments).first(data ? 1 : 0)},
            number);
    }
    std::map<uint64_t, int32_t> poll()
    {
        std::map<uint64_t, int32_t> found;

        const uint32_t count = queue.poll(
            [&](uint64_t tag, int32_t status) { EXPECT_TRUE(found.emplace(tag, status).second); });
        EXPECT_EQ(count, found.size());
        return found;
    }

    Queue queue{depth};
};

using Found = std::map<uint64_t, int32_t>;

TEST_F(BlkQueue, GivesEachRequestItsOwnAnswer)
{
    Backend backend;

    attach(backend);
    for (uint64_t number = 10; number < 14; number++)
        EXPECT_TRUE(put(number));
    EXPECT_TRUE(poll().empty());
    EXPECT_TRUE(backend.take().empty());
    (void)queue.publish();
    const auto requests = backend.take();
    ASSERT_EQ(requests.size(), 4U);
    for (std::size_t i = 0; i < requests.size(); i++)
        EXPECT_EQ(pv_le64_get(requests[i].sector), 10 + i);
    backend.answer(requests[2], PV_BLK_STATUS_IO);
    backend.answer(requests[0]);
    EXPECT_EQ(poll(), (Found{{12, PV_BLK_STATUS_IO}, {10, 0}}));
    EXPECT_EQ(queue.in_flight(), 2U);
    backend.answer(requests[3], PV_BLK_STATUS_SPACE);
    backend.answer(requests[1], -PV_STATUS_ERROR_MAX);
    EXPECT_EQ(poll(), (Found{{13, PV_BLK_STATUS_SPACE}, {11, -PV_STATUS_ERROR_MAX}}));
    EXPECT_EQ(queue.in_flight(), 0U);
    EXPECT_FALSE(queue.left());
}

TEST_F(BlkQueue, TakesAsManyAsItsDepthAndThenMoreWhenSomeAreAnswered)
{
    Backend backend;

    attach(backend);
    for (uint64_t number = 0; number < depth; number++)
        EXPECT_TRUE(put(number));
    EXPECT_FALSE(put(99));
    (void)queue.publish();
    const auto requests = backend.take();
    backend.answer(requests[3]);
    EXPECT_FALSE(put(99));
    EXPECT_EQ(poll().size(), 1U);
    EXPECT_TRUE(put(99));
    EXPECT_FALSE(put(100));
}

// A slot of the response ring is the backend's again only when it is released.
TEST_F(BlkQueue, PutsWhileItIsPolledOnlyWhatHasRoom)
{
    Backend backend;
    bool taken = true;

    attach(backend);
    for (uint64_t number = 0; number < depth; number++)
        EXPECT_TRUE(put(number));
    (void)queue.publish();
    backend.answer(backend.take()[0]);
    EXPECT_EQ(queue.poll([&](uint64_t, int32_t) { taken = put(50); }), 1U);
    EXPECT_FALSE(taken);
    EXPECT_TRUE(put(50));
}

TEST_F(BlkQueue, KeepsRequestsForTheNextConnectionInTheirOrder)
{
    Backend first;

    EXPECT_TRUE(put(1));
    attach(first);
    for (uint64_t number = 2; number < 6; number++)
        EXPECT_TRUE(put(number));
    (void)queue.publish();
    auto requests = first.take();
    ASSERT_EQ(requests.size(), 5U);
    // Its id is the smallest when it is used again.
    first.answer(requests[0]);
    EXPECT_EQ(poll(), (Found{{1, 0}}));
    EXPECT_TRUE(put(6));
    // Answered and not polled: final.
    first.answer(requests[2], PV_BLK_STATUS_IO);
    queue.detach();
    EXPECT_TRUE(put(7));
    EXPECT_EQ(queue.in_flight(), 6U);
    EXPECT_FALSE(queue.arm());

    Backend second;
    attach(second);
    requests = second.take();
    std::vector<uint64_t> sectors;
    for (const pv_blk_request &request : requests) {
        sectors.push_back(pv_le64_get(request.sector));
        second.answer(request);
    }
    EXPECT_EQ(sectors, (std::vector<uint64_t>{2, 4, 5, 6, 7}));
    EXPECT_EQ(poll(), (Found{{2, 0}, {3, PV_BLK_STATUS_IO}, {4, 0}, {5, 0}, {6, 0}, {7, 0}}));
    EXPECT_EQ(queue.in_flight(), 0U);
}

TEST_F(BlkQueue, LosesAndDoublesNothingThroughManyConnections)
{
    std::mt19937 random(5);
    std::map<uint64_t, uint32_t> polled;
    uint64_t next = 0;

    for (int connection = 0; connection < 300; connection++) {
        Backend backend;
        std::vector<pv_blk_request> taken;
        uint64_t last = 0;
        bool begun = false;

        attach(backend);
        for (auto turns = random() % 20; turns > 0; turns--) {
            for (auto count = random() % depth; count > 0 && put(next); count--)
                next++;
            (void)queue.publish();
            for (const pv_blk_request &request : backend.take()) {
                EXPECT_TRUE(!begun || pv_le64_get(request.sector) > last);
                last = pv_le64_get(request.sector);
                begun = true;
                taken.push_back(request);
            }
            while (!taken.empty() && random() % 3 != 0) {
                const auto at = random() % taken.size();
                backend.answer(taken[at]);
                taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(at));
            }
            if (random() % 2 == 0)
                queue.poll([&](uint64_t tag, int32_t) { polled[tag]++; });
        }
        queue.detach();
    }
    Backend backend;
    attach(backend);
    for (const pv_blk_request &request : backend.take())
        backend.answer(request);
    queue.poll([&](uint64_t tag, int32_t) { polled[tag]++; });
    EXPECT_EQ(queue.in_flight(), 0U);
    EXPECT_EQ(polled.size(), next);
    for (const auto &[tag, times] : polled)
        EXPECT_EQ(times, 1U) << tag;
}

TEST_F(BlkQueue, AsksNoBackendForWhatItDoesNotOffer)
{
    Backend backend;

    // Nobody knows yet what it can do.
    EXPECT_TRUE(put(1, PV_BLK_DISCARD));
    EXPECT_TRUE(put(2, PV_BLK_READ));
    attach(backend, 0);
    EXPECT_TRUE(put(3, PV_BLK_FLUSH));
    EXPECT_TRUE(put(4, PV_BLK_WRITE, true));
    EXPECT_TRUE(put(5, PV_BLK_WRITE));
    (void)queue.publish();
    const auto requests = backend.take();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(pv_le64_get(requests[0].sector), 2U);
    EXPECT_EQ(pv_le64_get(requests[1].sector), 5U);
    EXPECT_FALSE(queue.arm());
    EXPECT_EQ(poll(), (Found{{1, PV_BLK_STATUS_NOT_THERE},
                             {3, PV_BLK_STATUS_NOT_THERE},
                             {4, PV_BLK_STATUS_NOT_THERE}}));
    EXPECT_EQ(queue.in_flight(), 2U);
    EXPECT_TRUE(queue.arm());
}

TEST_F(BlkQueue, NamesManySegmentsByATable)
{
    std::vector<Line> pages(std::size_t{depth} * PV_PAGE_SIZE / sizeof(Line));
    std::vector<Segment> segments(PV_BLK_SEGMENTS_MAX + 1);
    Backend backend;
    const auto put_segments = [&](std::size_t count) {
        return queue.put({PV_BLK_READ, false, count, static_cast<uint32_t>(count),
                          std::span<const Segment>(segments).first(count)},
                         count);
    };

    for (uint32_t i = 0; i < segments.size(); i++)
        segments[i] = {{i + 1}, i * 512, 512};
    attach(backend);
    EXPECT_TRUE(put_segments(2));
    EXPECT_EQ(poll(), (Found{{2, PV_BLK_STATUS_INVALID}}));
    queue.set_tables(pv_shared_from_pointer(pages.data()), {77});
    EXPECT_TRUE(put_segments(1));
    EXPECT_TRUE(put_segments(2));
    EXPECT_TRUE(put_segments(PV_BLK_SEGMENTS_MAX));
    EXPECT_TRUE(put_segments(PV_BLK_SEGMENTS_MAX + 1));
    EXPECT_EQ(poll(), (Found{{PV_BLK_SEGMENTS_MAX + 1, PV_BLK_STATUS_INVALID}}));
    queue.detach();
    // The tables are still there for the next backend.
    Backend second;
    attach(second);
    const auto requests = second.take();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].head.flags, 0);
    for (const std::size_t i : {1U, 2U}) {
        const pv_blk_request &request = requests[i];
        const uint32_t count =
            pv_le32_get(request.data.length) / static_cast<uint32_t>(sizeof(pv_segment));

        EXPECT_EQ(request.head.flags, PV_BLK_FLAG_INDIRECT);
        EXPECT_EQ(count, i == 1 ? 2 : PV_BLK_SEGMENTS_MAX);
        EXPECT_EQ(pv_le32_get(request.data.length), count * sizeof(pv_segment));
        EXPECT_EQ(pv_le32_get(request.data.grant), 77U);
        const uint32_t offset = pv_le32_get(request.data.offset);
        EXPECT_EQ(offset, pv_le16_get(request.head.id) * PV_PAGE_SIZE);
        for (uint32_t s = 0; s < count; s++) {
            pv_segment segment = {};
            pv_shared_copy_out(&segment,
                               pv_shared_at(pv_shared_from_pointer(pages.data()),
                                            offset + s * static_cast<uint32_t>(sizeof(segment))),
                               sizeof(segment));
            EXPECT_EQ(pv_le32_get(segment.grant), s + 1);
            EXPECT_EQ(pv_le32_get(segment.offset), s * 512);
        }
    }
}

TEST_F(BlkQueue, LeavesABackendThatBreaksARule)
{
    struct Lie {
        uint16_t id;
        uint16_t reserved;
        int32_t status;
        uint64_t rest;
        pv_rule rule;
    };

    for (const Lie &lie :
         {Lie{depth, 0, 0, 0, PV_RULE_RESPONSE_ID}, Lie{1, 0, 0, 0, PV_RULE_RESPONSE_NOT_PENDING},
          Lie{0, 0, 1, 0, PV_RULE_RESPONSE_STATUS},
          Lie{0, 0, -PV_STATUS_ERROR_MAX - 1, 0, PV_RULE_RESPONSE_STATUS},
          Lie{0, 1, 0, 0, PV_RULE_RESPONSE_RESERVED}, Lie{0, 0, 0, 1, PV_RULE_RESPONSE_RESERVED}}) {
        Queue one(depth);
        Backend liar;
        const Request flush = {PV_BLK_FLUSH, false, 0, 0, {}};
        uint32_t polled = 0;
        const auto count = [&](uint64_t, int32_t) { polled++; };

        ASSERT_EQ(one.attach(liar.requests(), liar.responses(), writable), PV_RULE_KEPT);
        EXPECT_TRUE(one.put(flush, 1));
        (void)one.publish();
        (void)liar.take();
        pv_blk_response response = {};
        response.head = {pv_le16_of(lie.id), pv_le16_of(lie.reserved),
                         pv_le32_of(static_cast<uint32_t>(lie.status))};
        response.reserved = pv_le64_of(lie.rest);
        EXPECT_FALSE(one.left());
        liar.say(response);
        EXPECT_EQ(one.poll(count), 0U);
        EXPECT_TRUE(one.left());
        EXPECT_STREQ(one.left_why(), pv_rule_name(lie.rule));
        // What is asked for meanwhile waits, too.
        EXPECT_TRUE(one.put(flush, 2));
        (void)one.publish();
        EXPECT_EQ(one.poll(count), 0U);
        EXPECT_TRUE(one.arm());
        one.detach();
        EXPECT_FALSE(one.left());
        EXPECT_EQ(one.in_flight(), 2U);
        Backend honest;
        ASSERT_EQ(one.attach(honest.requests(), honest.responses(), writable), PV_RULE_KEPT);
        const auto requests = honest.take();
        ASSERT_EQ(requests.size(), 2U);
        for (const pv_blk_request &request : requests)
            honest.answer(request);
        EXPECT_EQ(one.poll(count), 2U);
        EXPECT_EQ(polled, 2U);
    }
}

// Its id is in flight until that is polled, and a backend may guess it.
TEST_F(BlkQueue, BelievesNobodyWhoAnswersWhatItHasAnsweredItself)
{
    Backend liar;

    attach(liar, 0);
    EXPECT_TRUE(put(1, PV_BLK_FLUSH));
    liar.say({});
    EXPECT_EQ(poll(), (Found{{1, PV_BLK_STATUS_NOT_THERE}}));
    EXPECT_EQ(queue.in_flight(), 0U);
    EXPECT_TRUE(queue.left());
    EXPECT_STREQ(queue.left_why(), pv_rule_name(PV_RULE_RESPONSE_NOT_PENDING));
}

// So many of them that they would not fit beside the answers that are kept.
TEST_F(BlkQueue, TheLastLookKeepsOneAnswerARequest)
{
    Backend liar;

    attach(liar, 0);
    for (uint64_t number = 0; number < depth; number++) {
        pv_blk_response response = {};

        EXPECT_TRUE(put(number, PV_BLK_FLUSH));
        response.head.id = pv_le16_of(static_cast<uint16_t>(number));
        liar.say(response);
    }
    queue.detach();
    EXPECT_EQ(queue.in_flight(), depth);
    EXPECT_EQ(poll().size(), depth);
    EXPECT_EQ(queue.in_flight(), 0U);
}

// What one backend has answered is not the next one's to answer, although it was not polled yet.
TEST_F(BlkQueue, BelievesNoAnswerToWhatAnotherBackendHasAnswered)
{
    Backend honest;
    Backend liar;

    attach(honest);
    EXPECT_TRUE(put(1));
    (void)queue.publish();
    honest.answer(honest.take()[0], PV_BLK_STATUS_IO);
    queue.detach();
    attach(liar);
    EXPECT_TRUE(liar.take().empty());
    liar.say({});
    EXPECT_EQ(poll(), (Found{{1, PV_BLK_STATUS_IO}}));
    EXPECT_EQ(queue.in_flight(), 0U);
    EXPECT_TRUE(queue.left());
}

TEST_F(BlkQueue, TheLastLookBelievesNoLiarEither)
{
    Backend liar;
    pv_blk_response response = {};

    attach(liar);
    EXPECT_TRUE(put(1));
    (void)queue.publish();
    (void)liar.take();
    response.reserved = pv_le64_of(1);
    liar.say(response);
    queue.detach();
    EXPECT_TRUE(poll().empty());
    EXPECT_EQ(queue.in_flight(), 1U);
}

TEST_F(BlkQueue, SeesThatItsBackendAnswersNoMore)
{
    Backend backend;

    attach(backend);
    EXPECT_FALSE(queue.left());
    pv_producer_close(&backend.queue.responses);
    EXPECT_TRUE(queue.left());
    queue.detach();
    EXPECT_FALSE(queue.left());
}

TEST_F(BlkQueue, SleepsOnlyWhereItIsWoken)
{
    Backend backend;

    EXPECT_TRUE(queue.arm());
    attach(backend);
    EXPECT_TRUE(put(1));
    EXPECT_TRUE(put(2));
    (void)queue.publish();
    const auto requests = backend.take();
    backend.answer(requests[0]);
    EXPECT_FALSE(backend.notified);
    EXPECT_FALSE(queue.arm());
    EXPECT_EQ(poll().size(), 1U);
    EXPECT_TRUE(queue.arm());
    backend.answer(requests[1]);
    EXPECT_TRUE(backend.notified);
}

TEST_F(BlkQueue, NotifiesABackendThatSleeps)
{
    Backend backend;

    attach(backend);
    EXPECT_TRUE(pv_consumer_arm(&backend.queue.requests, 1));
    EXPECT_TRUE(put(1));
    EXPECT_TRUE(put(2));
    EXPECT_TRUE(queue.publish());
    EXPECT_FALSE(queue.publish());
    EXPECT_TRUE(put(3));
    EXPECT_FALSE(queue.publish());
}

TEST_F(BlkQueue, RefusesRingsThatAreNotWellMade)
{
    Backend backend;
    Queue::Place small = backend.responses();

    small.bytes--;
    EXPECT_EQ(queue.attach(backend.requests(), small, writable), PV_RULE_MEMORY);
    EXPECT_TRUE(put(1));
    EXPECT_TRUE(queue.left());
}

} // namespace
} // namespace keel::blk
