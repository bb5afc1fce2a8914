// SPDX-License-Identifier: Apache-2.0
//
// What a disk's queue stores before what: the log at each place where its process may die, and at each store
// that the guest sees. Built with those places, and under an access policy in which a test looks around.
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "backend/blk/queue.hpp"
#include "blk_guest.hpp"
#include "fence.hpp"

namespace paravane::blk {
namespace {

std::function<void(Point)> at_point;

} // namespace

void reached(Point point)
{
    if (at_point)
        at_point(point);
}

namespace {

using backend_test::BlkAnswer;
using backend_test::BlkGuest;
using backend_test::read_of;

// Shortly before they pass 2^32.
constexpr uint32_t first = 0U - 3;
constexpr uint32_t depth = 64;

class BlkQueue : public testing::Test {
  protected:
    BlkQueue()
    {
        log_.queue(0).requests_taken = first;
        log_.queue(0).responses_given = first;
        EXPECT_EQ(attach(true), PV_RULE_KEPT);
    }
    ~BlkQueue() override
    {
        at_point = {};
        backend_test::at_release = {};
    }

    [[nodiscard]] pv_rule attach(bool resumed)
    {
        queue_.emplace(log_, 0);
        return queue_->attach(guest_.word(0, 0), pv_ring_bytes({depth, sizeof(pv_blk_request)}),
                              guest_.word(1, 0), pv_ring_bytes({depth, sizeof(pv_blk_response)}),
                              depth, {0xffff, 0xff}, resumed, violations_);
    }
    // Takes all, each with that status.
    uint32_t take(int32_t status = 0)
    {
        return queue_->take(
            ids_, order_,
            [status](const pv_blk_request & /*request*/, Queue::Id /*id*/) { return status; });
    }
    // What the guest sees taken, and given.
    [[nodiscard]] uint32_t seen_taken() const
    {
        return pv_shared_load_relaxed(guest_.word(0, offsetof(pv_ring_control, consumer)));
    }
    [[nodiscard]] uint32_t seen_given() const
    {
        return pv_shared_load_relaxed(guest_.word(1, offsetof(pv_ring_control, producer)));
    }
    [[nodiscard]] uint32_t logged_taken() const { return log_.queue(0).requests_taken; }
    [[nodiscard]] uint32_t logged_given() const { return log_.queue(0).responses_given; }

    BlkGuest guest_{{.depth = depth, .index = first}};
    Log log_ = *Log::create(1, depth);
    std::optional<Queue> queue_;
    std::array<Queue::Id, Queue::batch> ids_{};
    uint64_t order_ = 100;
    pv_violations violations_{};
};

TEST_F(BlkQueue, LogsWhatItTakes)
{
    for (uint32_t i = 0; i < 5; i++)
        ASSERT_TRUE(guest_.put(read_of(i, 1)).has_value());
    guest_.publish();
    ASSERT_EQ(take(), 5U);
    for (uint32_t i = 0; i < 5; i++) {
        const Entry &entry = log_.entry(0, ids_.at(i));
        EXPECT_EQ(entry.state, EntryState::taken);
        EXPECT_EQ(entry.order, 100U + i);
        EXPECT_EQ(entry.request_index, first + i);
        EXPECT_EQ(pv_le64_get(entry.request.sector), i);
    }
    EXPECT_EQ(order_, 105U);
    EXPECT_EQ(logged_taken(), first + 5);
    EXPECT_EQ(queue_->in_flight(), 5U);
}

TEST_F(BlkQueue, LogsWhatItRefuses)
{
    ASSERT_TRUE(guest_.put(read_of(0, 1)).has_value());
    guest_.publish();
    ASSERT_EQ(take(-22), 1U);
    EXPECT_EQ(log_.entry(0, ids_[0]).state, EntryState::done);
    EXPECT_EQ(log_.entry(0, ids_[0]).status, -22);
}

TEST_F(BlkQueue, TakesABatchAtATime)
{
    for (uint32_t i = 0; i < Queue::batch + 5; i++)
        ASSERT_TRUE(guest_.put(read_of(i, 1)).has_value());
    guest_.publish();
    EXPECT_EQ(take(), Queue::batch);
    EXPECT_EQ(logged_taken(), first + Queue::batch);
    EXPECT_EQ(take(), 5U);
    EXPECT_EQ(log_.entry(0, ids_[4]).request_index, first + Queue::batch + 4);
    EXPECT_EQ(take(), 0U);
}

// An old entry is no request any more when its table is written.
TEST_F(BlkQueue, FreesAnEntryBeforeItIsChecked)
{
    for (int round = 0; round < 2; round++) {
        ASSERT_TRUE(guest_.put(read_of(0, 1)).has_value());
        guest_.publish();
        bool checked = false;
        (void)queue_->take(ids_, order_, [&](const pv_blk_request & /*request*/, Queue::Id id) {
            EXPECT_EQ(log_.entry(0, id).state, EntryState::free);
            checked = true;
            return 0;
        });
        EXPECT_TRUE(checked);
        queue_->answer(ids_[0], 0);
        (void)queue_->show();
        EXPECT_EQ(guest_.take().size(), 1U);
    }
}

TEST_F(BlkQueue, LogsRequestsBeforeTheGuestSeesThemTaken)
{
    std::map<Point, int> points;
    at_point = [&](Point point) {
        points[point]++;
        const auto id = static_cast<uint32_t>(points[Point::logged] - 1);
        switch (point) {
        case Point::checked:
            EXPECT_EQ(logged_taken(), first);
            break;
        case Point::logged:
            EXPECT_EQ(log_.entry(0, id).state, EntryState::taken);
            EXPECT_EQ(pv_le64_get(log_.entry(0, id).request.sector), 10 + id);
            EXPECT_EQ(logged_taken(), first) << "the batch is taken whole";
            break;
        case Point::batch_taken:
            EXPECT_EQ(logged_taken(), first + 4);
            EXPECT_EQ(seen_taken(), first) << "not before the log says so";
            break;
        case Point::released:
            EXPECT_EQ(seen_taken(), first + 4);
            break;
        default:
            ADD_FAILURE() << "nothing else is reached";
        }
    };
    for (uint32_t i = 0; i < 4; i++)
        ASSERT_TRUE(guest_.put(read_of(10 + i, 1)).has_value());
    guest_.publish();
    int releases = 0;
    backend_test::at_release = [&] {
        releases++;
        EXPECT_EQ(logged_taken(), first + 4);
        for (uint32_t id = 0; id < 4; id++)
            EXPECT_EQ(log_.entry(0, id).state, EntryState::taken);
    };
    ASSERT_EQ(take(), 4U);
    EXPECT_EQ(releases, 1);
    EXPECT_EQ(points[Point::logged], 4);
    EXPECT_EQ(points[Point::batch_taken], 1);
    EXPECT_EQ(points[Point::released], 1);
}

TEST_F(BlkQueue, LogsAnswersBeforeTheGuestSeesThem)
{
    for (uint32_t i = 0; i < 4; i++)
        ASSERT_TRUE(guest_.put(read_of(i, 1)).has_value());
    guest_.publish();
    ASSERT_EQ(take(), 4U);
    std::map<Point, int> points;
    at_point = [&](Point point) {
        const auto answered = static_cast<uint32_t>(points[point]++);
        // The last first.
        const Entry &entry = log_.entry(0, ids_.at(3 - answered % 4));
        switch (point) {
        case Point::answered:
            EXPECT_EQ(entry.state, EntryState::answered);
            EXPECT_EQ(entry.status, -5);
            EXPECT_EQ(entry.response_index, first + answered);
            EXPECT_EQ(logged_given(), first) << "nothing is given yet";
            break;
        case Point::put:
            EXPECT_EQ(logged_given(), first);
            EXPECT_EQ(seen_given(), first);
            break;
        case Point::batch_given:
            EXPECT_EQ(logged_given(), first + 4);
            EXPECT_EQ(seen_given(), first) << "not before the log says so";
            break;
        case Point::shown:
            EXPECT_EQ(seen_given(), first + 4);
            break;
        default:
            ADD_FAILURE() << "nothing else is reached";
        }
    };
    int releases = 0;
    backend_test::at_release = [&] {
        releases++;
        EXPECT_EQ(logged_given(), first + 4);
    };
    for (uint32_t i = 0; i < 4; i++)
        queue_->answer(ids_.at(3 - i), -5);
    EXPECT_EQ(releases, 0);
    // A guest that never armed waits for the first response.
    (void)queue_->show();
    EXPECT_EQ(releases, 1);
    EXPECT_EQ(points[Point::put], 4);
    EXPECT_EQ(points[Point::shown], 1);
    at_point = {};
    backend_test::at_release = {};
    EXPECT_FALSE(queue_->show()) << "nothing more to show";
    const std::vector<BlkAnswer> answers = guest_.take();
    ASSERT_EQ(answers.size(), 4U);
    EXPECT_EQ(answers[0].id, ids_[3]);
    EXPECT_EQ(answers[0].status, -5);
    EXPECT_FALSE(guest_.refused());
}

TEST_F(BlkQueue, NotifiesWhoSleeps)
{
    ASSERT_TRUE(guest_.put(read_of(0, 1)).has_value());
    guest_.publish();
    ASSERT_EQ(take(), 1U);
    ASSERT_TRUE(pv_consumer_arm(&guest_.queue().ring.responses, 1));
    queue_->answer(ids_[0], 0);
    EXPECT_TRUE(queue_->show());
}

TEST_F(BlkQueue, BeginsWhereItsLogSays)
{
    log_.queue(0).requests_taken = first;
    log_.queue(0).responses_given = first;
    for (uint32_t i = 0; i < 3; i++)
        ASSERT_TRUE(guest_.put(read_of(i, 1)).has_value());
    guest_.publish();
    ASSERT_EQ(take(), 3U);
    queue_->answer(ids_[1], 0);
    (void)queue_->show();
    ASSERT_EQ(attach(true), PV_RULE_KEPT);
    EXPECT_EQ(take(), 0U) << "they were taken";
    pv_request_head head = log_.entry(0, ids_[0]).request.head;
    EXPECT_FALSE(queue_->restore(ids_[1], head)) << "another's";
    EXPECT_TRUE(queue_->restore(ids_[0], head));
    EXPECT_FALSE(queue_->restore(ids_[0], head)) << "once";
    head = log_.entry(0, ids_[2]).request.head;
    head.operation = 64;
    EXPECT_FALSE(queue_->restore(ids_[2], head)) << "nothing that can be done";
    head = {pv_le16_of(depth), PV_BLK_READ, 0, {}};
    EXPECT_FALSE(queue_->restore(depth, head));
    EXPECT_EQ(queue_->in_flight(), 1U);
    queue_->answer(ids_[0], 0);
    (void)queue_->show();
    EXPECT_EQ(guest_.take().size(), 2U);
    EXPECT_FALSE(guest_.refused());
}

TEST_F(BlkQueue, RefusesWhatBreaksARule)
{
    pv_blk_request request = read_of(0, 1);
    request.head.reserved = pv_le32_of(1);
    ASSERT_TRUE(guest_.put(request).has_value());
    guest_.publish();
    EXPECT_EQ(take(), 0U);
    EXPECT_EQ(queue_->refused(), PV_RULE_REQUEST_RESERVED);
    EXPECT_EQ(logged_taken(), first);
    EXPECT_FALSE(queue_->arm());
}

// Nothing will ever come, so there is nothing to be woken by, and no reason to stay awake.
TEST_F(BlkQueue, SleepsOnARingThatIsClosed)
{
    EXPECT_TRUE(queue_->arm());
    pv_producer_close(&guest_.queue().ring.requests);
    EXPECT_TRUE(queue_->arm());
    EXPECT_EQ(queue_->refused(), PV_RULE_KEPT);
}

} // namespace
} // namespace paravane::blk
