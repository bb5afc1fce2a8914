// SPDX-License-Identifier: Apache-2.0
//
// No call of a guest makes it, or anybody else, have more than the limits.
#include "fixture.hpp"

namespace paravane::store_test {
namespace {

constexpr StoreLimits small = {.nodes = 10,
                               .bytes = 200,
                               .watches = 3,
                               .transactions = 2,
                               .touched = 12,
                               .pending_bytes = 100,
                               .removed = 6,
                               .events = 4};

class StoreQuota : public StoreTest {
  protected:
    StoreQuota() : StoreTest(small) {}

    // Of the home alone, which is one node named "5".
    static constexpr uint32_t home_bytes = 1;
};

TEST_F(StoreQuota, DefaultsAreThoseOfTheSpecification)
{
    const StoreLimits defaults;
    EXPECT_EQ(defaults.nodes, 1024U);
    EXPECT_EQ(defaults.bytes, 256U * 1024);
    EXPECT_EQ(defaults.watches, 128U);
    EXPECT_EQ(defaults.transactions, 8U);
    EXPECT_EQ(defaults.touched, 1024U);
    EXPECT_EQ(defaults.pending_bytes, 256U * 1024);
    EXPECT_EQ(defaults.removed, 4096U);
    EXPECT_EQ(defaults.events, 256U);
}

TEST_F(StoreQuota, Nodes)
{
    for (int i = 0; i < 9; i++)
        EXPECT_EQ(mkdir(alice, std::to_string(i)), 0);
    EXPECT_EQ(store.usage(alice).nodes, 10U);
    EXPECT_EQ(mkdir(alice, "9"), PV_EDQUOT);
    EXPECT_EQ(write(alice, "9", ""), PV_EDQUOT);
    EXPECT_EQ(write(alice, "8", "overwriting is no new node"), 0);
    EXPECT_EQ(rm(alice, "0"), 0);
    EXPECT_EQ(mkdir(alice, "9"), 0);
    EXPECT_EQ(mkdir(bob, "own"), 0);
}

TEST_F(StoreQuota, ImpliedParentsCountAndHalfAPathIsNotMade)
{
    EXPECT_EQ(mkdir(alice, "1/2/3/4/5/6/7/8/9/10"), PV_EDQUOT);
    EXPECT_EQ(store.usage(alice).nodes, 1U);
    EXPECT_TRUE(list(alice, "/domain/5").empty());
    EXPECT_EQ(mkdir(alice, "1/2/3/4/5/6/7/8/9"), 0);
    EXPECT_EQ(store.usage(alice).nodes, 10U);
}

TEST_F(StoreQuota, BytesOfNamesAndValues)
{
    EXPECT_EQ(write(alice, "ab", std::string(200 - home_bytes - 2, 'x')), 0);
    EXPECT_EQ(store.usage(alice).bytes, 200U);
    EXPECT_EQ(mkdir(alice, "c"), PV_EDQUOT);
    EXPECT_EQ(write(alice, "ab", std::string(200 - home_bytes - 1, 'x')), PV_EDQUOT);
    EXPECT_EQ(write(alice, "ab", std::string(200 - home_bytes - 3, 'x')), 0);
    EXPECT_EQ(mkdir(alice, "c"), 0);
    EXPECT_EQ(mkdir(alice, "d"), PV_EDQUOT);
    EXPECT_EQ(rm(alice, "ab"), 0);
    EXPECT_EQ(store.usage(alice).bytes, home_bytes + 1U);
}

TEST_F(StoreQuota, WhoMakesANodeElsewhereIsCharged)
{
    ASSERT_EQ(mkdir(alice, "d"), 0);
    ASSERT_EQ(grant(alice, "d", {alice, 0, {{bob, read_write}}}), 0);
    for (int i = 0; i < 9; i++)
        EXPECT_EQ(mkdir(bob, "/domain/5/d/" + std::to_string(i)), 0);
    EXPECT_EQ(mkdir(bob, "/domain/5/d/9"), PV_EDQUOT);
    EXPECT_EQ(store.usage(alice).nodes, 2U);
    EXPECT_EQ(store.usage(bob).nodes, 10U);
}

TEST_F(StoreQuota, WhoMayWriteFillsNobodysQuotaBeyondItsLimit)
{
    ASSERT_EQ(write(alice, "a", ""), 0);
    ASSERT_EQ(grant(alice, "a", {alice, 0, {{bob, read_write}}}), 0);
    EXPECT_EQ(write(bob, "/domain/5/a", std::string(199, 'x')), PV_EDQUOT);
    EXPECT_EQ(write(bob, "/domain/5/a", std::string(198, 'x')), 0);
    const TransactionId id = begin(bob);
    EXPECT_EQ(write(bob, "/domain/5/a", "", id), 0);
    EXPECT_EQ(commit(bob, id), 0);
    EXPECT_EQ(store.usage(alice).bytes, 2U);
}

TEST_F(StoreQuota, TheHostMayGoBeyondAndTheGuestMayThenOnlyShrink)
{
    for (int i = 0; i < 12; i++) {
        const std::string at = "/domain/5/" + std::to_string(i);
        ASSERT_EQ(write(host, at, "x"), 0);
        ASSERT_EQ(grant(host, at, {alice, 0, {}}), 0);
    }
    EXPECT_EQ(store.usage(alice).nodes, 13U);
    EXPECT_EQ(mkdir(alice, "more"), PV_EDQUOT);
    EXPECT_EQ(write(alice, "1", "y"), 0);
    const TransactionId id = begin(alice);
    EXPECT_EQ(rm(alice, "1", id), 0);
    EXPECT_EQ(rm(alice, "2", id), 0);
    EXPECT_EQ(mkdir(alice, "instead", id), 0);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(store.usage(alice).nodes, 12U);
}

TEST_F(StoreQuota, Watches)
{
    Told told;
    for (uint64_t i = 0; i < 3; i++)
        EXPECT_EQ(error_of(store.watch(alice, path("/x"), i, told)), 0);
    EXPECT_EQ(error_of(store.watch(alice, path("/x"), 4, told)), PV_EDQUOT);
    EXPECT_EQ(error_of(store.watch(bob, path("/x"), 4, told)), 0);
    for (uint64_t i = 0; i < 9; i++)
        EXPECT_EQ(error_of(store.watch(host, path("/x"), i, told)), 0);
    EXPECT_EQ(store.usage(alice).watches, 3U);
    store.forget(alice, Store::NodesOf::given_to_host);
    EXPECT_EQ(store.usage(alice).watches, 0U);
    EXPECT_EQ(error_of(store.watch(alice, path("/x"), 4, told)), 0);
}

TEST_F(StoreQuota, Transactions)
{
    const TransactionId first = begin(alice);
    const TransactionId second = begin(alice);
    EXPECT_NE(first, second);
    EXPECT_EQ(error_of(store.begin(alice)), PV_EDQUOT);
    EXPECT_EQ(error_of(store.begin(bob)), 0);
    EXPECT_EQ(error_of(store.abort(alice, first)), 0);
    EXPECT_EQ(error_of(store.begin(alice)), 0);
    EXPECT_EQ(commit(alice, second), 0);
    EXPECT_EQ(store.usage(alice).transactions, 1U);
    for (int i = 0; i < 9; i++)
        EXPECT_EQ(error_of(store.begin(host)), 0);
}

TEST_F(StoreQuota, NodesThatATransactionTouches)
{
    // The root, the two above, and nine more make twelve; looked up in vain or not.
    const TransactionId id = begin(alice);
    for (int i = 0; i < 9; i++)
        EXPECT_EQ(read(alice, std::to_string(i), id), "error 2");
    EXPECT_EQ(read(alice, "9", id), "error 122");
    EXPECT_EQ(write(alice, "9", "", id), PV_EDQUOT);
    EXPECT_EQ(write(alice, "8", "x", id), 0);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(read(alice, "8"), "x");
}

TEST_F(StoreQuota, NodesThatARemovalInATransactionTouches)
{
    for (int i = 0; i < 14; i++)
        ASSERT_EQ(mkdir(host, "/domain/5/d/" + std::to_string(i)), 0);
    const TransactionId id = begin(alice);
    EXPECT_EQ(rm(alice, "d", id), PV_EDQUOT);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(list(host, "/domain/5/d").size(), 14U);
}

TEST_F(StoreQuota, BytesThatATransactionKeeps)
{
    const TransactionId id = begin(alice);
    EXPECT_EQ(write(alice, "a", std::string(80, 'x'), id), 0);
    EXPECT_EQ(write(alice, "b", std::string(80, 'x'), id), PV_EDQUOT);
    EXPECT_EQ(write(alice, "a", std::string(20, 'x'), id), 0);
    EXPECT_EQ(write(alice, "b", std::string(50, 'x'), id), 0);
    EXPECT_EQ(read(alice, "a", id), std::string(20, 'x'));
    EXPECT_EQ(rm(alice, "a", id), 0);
    EXPECT_EQ(write(alice, "b", std::string(70, 'x'), id), 0);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(store.usage(alice).bytes, home_bytes + 71U);
}

TEST_F(StoreQuota, ACommitIsHeldToIt)
{
    for (int i = 0; i < 7; i++)
        ASSERT_EQ(mkdir(alice, std::to_string(i)), 0);
    const TransactionId id = begin(alice);
    EXPECT_EQ(mkdir(alice, "a", id), 0);
    EXPECT_EQ(mkdir(alice, "b", id), 0);
    EXPECT_EQ(mkdir(alice, "c", id), 0);
    EXPECT_EQ(commit(alice, id), PV_EDQUOT);
    EXPECT_EQ(store.usage(alice).nodes, 8U);
    EXPECT_EQ(read(alice, "a"), "error 2");
    // Only what is left of it at the end counts.
    const TransactionId again = begin(alice);
    EXPECT_EQ(mkdir(alice, "a", again), 0);
    EXPECT_EQ(mkdir(alice, "b", again), 0);
    EXPECT_EQ(rm(alice, "0", again), 0);
    EXPECT_EQ(mkdir(alice, "c", again), 0);
    EXPECT_EQ(commit(alice, again), 0);
    EXPECT_EQ(store.usage(alice).nodes, 10U);
}

TEST_F(StoreQuota, NodesThatOneRmTakes)
{
    ASSERT_EQ(mkdir(alice, "d"), 0);
    ASSERT_EQ(grant(alice, "d", {alice, 0, {{bob, read_write}}}), 0);
    for (int i = 0; i < 6; i++)
        ASSERT_EQ(mkdir(bob, "/domain/5/d/" + std::to_string(i)), 0);
    EXPECT_EQ(rm(alice, "d"), PV_E2BIG);
    EXPECT_EQ(list(alice, "d").size(), 6U);
    EXPECT_EQ(rm(alice, "d/0"), 0);
    EXPECT_EQ(rm(alice, "d"), 0);
    for (int i = 0; i < 9; i++)
        ASSERT_EQ(mkdir(host, "/d/" + std::to_string(i)), 0);
    EXPECT_EQ(rm(host, "/d"), 0);
}

TEST_F(StoreQuota, ForgettingRemovesTheNodes)
{
    ASSERT_EQ(write(alice, "a/b", "1"), 0);
    ASSERT_EQ(mkdir(host, "/shared"), 0);
    ASSERT_EQ(grant(host, "/shared", {host, read_write, {}}), 0);
    ASSERT_EQ(write(alice, "/shared/alices", "1"), 0);
    ASSERT_EQ(write(bob, "/shared/bobs", "1"), 0);
    store.forget(alice, Store::NodesOf::removed);
    EXPECT_EQ(store.usage(alice).nodes, 0U);
    EXPECT_EQ(store.usage(alice).bytes, 0U);
    EXPECT_EQ(read(host, "/domain/5"), "error 2");
    EXPECT_EQ(list(host, "/shared"), Names{"bobs"});
}

TEST_F(StoreQuota, ForgettingGivesTheNodesToTheHost)
{
    ASSERT_EQ(write(alice, "a/b", "1"), 0);
    store.forget(alice, Store::NodesOf::given_to_host);
    EXPECT_EQ(store.usage(alice).nodes, 0U);
    EXPECT_EQ(read(host, "/domain/5/a/b"), "1");
    EXPECT_EQ(read(alice, "a/b"), "error 13");
}

TEST_F(StoreQuota, ForgettingEndsTransactions)
{
    const TransactionId id = begin(alice);
    EXPECT_EQ(mkdir(alice, "a", id), 0);
    store.forget(alice, Store::NodesOf::given_to_host);
    EXPECT_EQ(commit(alice, id), PV_ENOENT);
    EXPECT_EQ(mkdir(alice, "a", id), PV_ENOENT);
    EXPECT_EQ(store.statistics().transactions, 0U);
}

} // namespace
} // namespace paravane::store_test
