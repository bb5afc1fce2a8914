// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include "backend/store/event_queue.hpp"

namespace paravane::store_test {
namespace {

using StoreWatch = StoreTest;

TEST_F(StoreWatch, TellsAtOnceAndThenOfEveryChange)
{
    Told told;
    const Answer<WatchId> id = store.watch(alice, path("a", alice), 9, told);
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(told.take(), (Events{{9, "/domain/5/a"}}));
    EXPECT_EQ(write(alice, "a", "1"), 0);
    EXPECT_EQ(write(alice, "a", "1"), 0);
    EXPECT_EQ(grant(alice, "a", {alice, 0, {}}), 0);
    EXPECT_EQ(rm(alice, "a"), 0);
    EXPECT_EQ(mkdir(alice, "a"), 0);
    EXPECT_EQ(told.take(), Events(5, {9, "/domain/5/a"}));
    store.unwatch(*id);
    store.unwatch(*id);
    EXPECT_EQ(write(alice, "a", "2"), 0);
    EXPECT_TRUE(told.events.empty());
    EXPECT_EQ(store.statistics().watches, 0U);
}

TEST_F(StoreWatch, TellsOfWhatLiesBeneath)
{
    Told told;
    watch(alice, "d", 1, told);
    EXPECT_EQ(write(alice, "d/x/y", "1"), 0);
    EXPECT_EQ(told.take(), (Events{{1, "/domain/5/d/x/y"}}));
    EXPECT_EQ(write(alice, "dd", "1"), 0);
    EXPECT_EQ(write(alice, "e", "1"), 0);
    EXPECT_EQ(read(alice, "d/x/y"), "1");
    EXPECT_EQ(write(bob, "/domain/5/d/x", "1"), PV_EACCES);
    EXPECT_TRUE(told.events.empty());
}

TEST_F(StoreWatch, ARemovalIsToldToThoseBeneathIfTheyLostSomething)
{
    Told told;
    ASSERT_EQ(write(alice, "d/x/y", "1"), 0);
    watch(alice, "/domain/5", 1, told);
    watch(alice, "d", 2, told);
    watch(alice, "d/x/y", 3, told);
    watch(alice, "d/x/z", 4, told);
    EXPECT_EQ(rm(alice, "d"), 0);
    EXPECT_EQ(told.take(),
              (Events{{2, "/domain/5/d"}, {1, "/domain/5/d"}, {3, "/domain/5/d/x/y"}}));
}

TEST_F(StoreWatch, OnlyWhoMayReadIsTold)
{
    Told told;
    watch(bob, "/", 1, told);
    watch(bob, "/domain/5/a", 2, told);
    EXPECT_EQ(write(alice, "a", "1"), 0);
    EXPECT_TRUE(told.events.empty());
    EXPECT_EQ(grant(alice, "a", {alice, 0, {{bob, write_only}}}), 0);
    EXPECT_EQ(write(bob, "/domain/5/a", "2"), 0);
    EXPECT_TRUE(told.events.empty());
    EXPECT_EQ(grant(alice, "a", {alice, 0, {{bob, read_only}}}), 0);
    EXPECT_EQ(told.take(), (Events{{2, "/domain/5/a"}, {1, "/domain/5/a"}}));
    EXPECT_EQ(write(alice, "a", "3"), 0);
    EXPECT_EQ(told.take().size(), 2U);
    EXPECT_EQ(rm(alice, "a"), 0);
    EXPECT_EQ(told.take().size(), 2U);
    EXPECT_EQ(write(alice, "a", "4"), 0);
    EXPECT_TRUE(told.events.empty());
}

TEST_F(StoreWatch, EveryoneMayReadButOne)
{
    Told bobs;
    Told carols;
    watch(bob, "/domain/5/a", 1, bobs);
    watch(carol, "/domain/5/a", 1, carols);
    ASSERT_EQ(write(alice, "a", "1"), 0);
    ASSERT_EQ(grant(alice, "a", {alice, read_only, {{bob, 0}}}), 0);
    ASSERT_EQ(write(alice, "a", "2"), 0);
    EXPECT_TRUE(bobs.events.empty());
    EXPECT_EQ(carols.events.size(), 2U);
}

TEST_F(StoreWatch, AnOldGrantTellsANewDomainNothing)
{
    Told told;
    ASSERT_EQ(write(alice, "a", "1"), 0);
    ASSERT_EQ(grant(alice, "a", {alice, 0, {{bob, read_only}}}), 0);
    store.forget(bob, Store::NodesOf::removed);
    watch(bob, "/", 1, told);
    EXPECT_EQ(write(alice, "a", "2"), 0);
    EXPECT_TRUE(told.events.empty());
}

TEST_F(StoreWatch, ATransactionTellsOnceAfterItsCommitInOrder)
{
    Told told;
    ASSERT_EQ(write(alice, "d/x", "1"), 0);
    watch(alice, "/domain/5", 1, told);
    const TransactionId id = begin(alice);
    EXPECT_EQ(write(alice, "z", "1", id), 0);
    EXPECT_EQ(write(alice, "b", "1", id), 0);
    EXPECT_EQ(write(alice, "a", "1", id), 0);
    EXPECT_EQ(write(alice, "z", "2", id), 0);
    EXPECT_EQ(write(alice, "n/e/w", "2", id), 0);
    EXPECT_EQ(rm(alice, "d", id), 0);
    EXPECT_TRUE(told.events.empty());
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(told.take(), (Events{{1, "/domain/5/b"},
                                   {1, "/domain/5/a"},
                                   {1, "/domain/5/z"},
                                   {1, "/domain/5/n/e/w"},
                                   {1, "/domain/5/d"}}));
}

TEST_F(StoreWatch, ARefusedCommitTellsNobody)
{
    Told told;
    const TransactionId id = begin(alice);
    ASSERT_EQ(write(alice, "a", "1", id), 0);
    ASSERT_EQ(write(alice, "a", "2"), 0);
    watch(alice, "a", 1, told);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
    EXPECT_TRUE(told.events.empty());
}

TEST_F(StoreWatch, ARemovalInATransactionIsToldToThoseBeneath)
{
    Told told;
    ASSERT_EQ(write(alice, "d/x/y", "1"), 0);
    watch(alice, "d/x/y", 3, told);
    watch(alice, "d/x/z", 4, told);
    const TransactionId id = begin(alice);
    EXPECT_EQ(rm(alice, "d", id), 0);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(told.take(), (Events{{3, "/domain/5/d/x/y"}}));
}

TEST_F(StoreWatch, ForgettingADomainTellsTheOthers)
{
    Told told;
    ASSERT_EQ(write(alice, "d/x", "1"), 0);
    ASSERT_EQ(grant(alice, "d/x", {alice, 0, {{bob, read_only}}}), 0);
    watch(bob, "/domain/5/d/x", 1, told);
    watch(alice, "d", 2, told);
    store.forget(alice, Store::NodesOf::removed);
    EXPECT_EQ(told.take(), (Events{{1, "/domain/5/d/x"}}));
}

SharedPath shared(const std::string &text)
{
    return std::make_shared<const std::string>(text);
}

TEST(StoreEvents, TheSameOneWaitsOnce)
{
    EventQueue queue(4);
    queue.push(1, shared("/a"));
    queue.push(1, shared("/a"));
    queue.push(2, shared("/a"));
    queue.push(1, shared("/b"));
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_EQ(queue.front().cookie, 1U);
    queue.pop();
    queue.push(1, shared("/a"));
    EXPECT_EQ(queue.size(), 3U);
}

TEST(StoreEvents, BeyondTheLimitAWatchGetsOneMore)
{
    EventQueue queue(4);
    for (int i = 0; i < 100; i++)
        queue.push(1, shared("/" + std::to_string(i)));
    for (int i = 0; i < 100; i++)
        queue.push(2, shared("/" + std::to_string(i)));
    EXPECT_EQ(queue.size(), 6U);
    for (int i = 0; i < 4; i++) {
        ASSERT_NE(queue.front().path, nullptr);
        EXPECT_EQ(*queue.front().path, "/" + std::to_string(i));
        queue.pop();
    }
    // While that is waiting the watch needs no other.
    queue.push(1, shared("/x"));
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_EQ(queue.front().path, nullptr);
    EXPECT_EQ(queue.front().cookie, 1U);
    queue.pop();
    queue.push(1, shared("/x"));
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_EQ(queue.front().path, nullptr);
    EXPECT_EQ(queue.front().cookie, 2U);
    queue.pop();
    EXPECT_EQ(*queue.front().path, "/x");
}

TEST(StoreEvents, AnEndedWatchLeavesNoneBehind)
{
    EventQueue queue(3);
    for (const uint64_t cookie : {uint64_t{1}, UINT64_MAX, uint64_t{2}}) {
        queue.push(cookie, shared("/a"));
        queue.push(cookie, shared("/b"));
    }
    ASSERT_EQ(queue.size(), 5U);
    queue.drop(UINT64_MAX);
    EXPECT_EQ(queue.size(), 3U);
    queue.drop(1);
    EXPECT_EQ(queue.size(), 1U);
    EXPECT_EQ(queue.front().cookie, 2U);
    queue.drop(2);
    EXPECT_TRUE(queue.empty());
    for (const char *text : {"/a", "/b", "/c"})
        queue.push(1, shared(text));
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_NE(queue.front().path, nullptr);
}

} // namespace
} // namespace paravane::store_test
