// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace paravane::store_test {
namespace {

class StoreTransaction : public StoreTest {
  protected:
    StoreTransaction()
    {
        EXPECT_EQ(write(alice, "a", "1"), 0);
        EXPECT_EQ(write(alice, "b", "1"), 0);
        EXPECT_EQ(write(alice, "d/x", "1"), 0);
        EXPECT_EQ(write(alice, "d/y", "1"), 0);
        id = begin(alice);
    }

    TransactionId id = 0;
};

TEST_F(StoreTransaction, SeesItsOwnChangesAndNobodyElseDoes)
{
    EXPECT_EQ(write(alice, "a", "2", id), 0);
    EXPECT_EQ(write(alice, "n/e/w", "3", id), 0);
    EXPECT_EQ(rm(alice, "d", id), 0);
    EXPECT_EQ(read(alice, "a", id), "2");
    EXPECT_EQ(read(alice, "n/e/w", id), "3");
    EXPECT_EQ(read(alice, "d/x", id), "error 2");
    EXPECT_EQ(list(alice, "/domain/5", {}, id), (Names{"a", "b", "n"}));
    EXPECT_EQ(read(alice, "a"), "1");
    EXPECT_EQ(list(alice, "/domain/5"), (Names{"a", "b", "d"}));
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(read(alice, "a"), "2");
    EXPECT_EQ(list(alice, "/domain/5"), (Names{"a", "b", "n"}));
    EXPECT_EQ(store.usage(alice).nodes, 6U);
}

TEST_F(StoreTransaction, AbortChangesNothing)
{
    const Moment before = store.statistics().now;
    EXPECT_EQ(write(alice, "a", "2", id), 0);
    EXPECT_EQ(rm(alice, "d", id), 0);
    EXPECT_EQ(error_of(store.abort(alice, id)), 0);
    EXPECT_EQ(store.statistics().now, before);
    EXPECT_EQ(error_of(store.abort(alice, id)), PV_ENOENT);
    EXPECT_EQ(commit(alice, id), PV_ENOENT);
    EXPECT_EQ(read(alice, "a", id), "error 2");
}

TEST_F(StoreTransaction, IsItsDomainsAlone)
{
    EXPECT_EQ(read(bob, "a", id), "error 2");
    EXPECT_EQ(commit(bob, id), PV_ENOENT);
    EXPECT_EQ(error_of(store.abort(bob, id)), PV_ENOENT);
    EXPECT_EQ(commit(alice, id), 0);
}

TEST_F(StoreTransaction, RemovedAndMadeAgainIsEmpty)
{
    EXPECT_EQ(rm(alice, "d", id), 0);
    EXPECT_EQ(mkdir(alice, "d", id), 0);
    EXPECT_TRUE(list(alice, "d", {}, id).empty());
    EXPECT_EQ(read(alice, "d/x", id), "error 2");
    EXPECT_EQ(write(alice, "d/y", "2", id), 0);
    EXPECT_EQ(list(alice, "d", {}, id), Names{"y"});
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(list(alice, "d"), Names{"y"});
    EXPECT_EQ(read(alice, "d/y"), "2");
}

TEST_F(StoreTransaction, MadeAndRemovedNeverWas)
{
    Told told;
    watch(alice, "/domain/5", 1, told);
    const StoreUsage before = store.usage(alice);
    EXPECT_EQ(write(alice, "n/e", "1", id), 0);
    EXPECT_EQ(rm(alice, "n", id), 0);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_TRUE(told.events.empty());
    EXPECT_EQ(store.usage(alice).nodes, before.nodes);
    EXPECT_EQ(store.usage(alice).bytes, before.bytes);
}

TEST_F(StoreTransaction, ListsMergeAndGoOn)
{
    EXPECT_EQ(write(alice, "aa", "", id), 0);
    EXPECT_EQ(write(alice, "c", "", id), 0);
    EXPECT_EQ(write(alice, "z", "", id), 0);
    EXPECT_EQ(rm(alice, "b", id), 0);
    EXPECT_EQ(list(alice, "/domain/5", {}, id), (Names{"a", "aa", "c", "d", "z"}));
    EXPECT_EQ(list(alice, "/domain/5", "a", id, 2), (Names{"aa", "c"}));
    EXPECT_EQ(list(alice, "/domain/5", "c", id), (Names{"d", "z"}));
}

TEST_F(StoreTransaction, PermissionsAreChangedToo)
{
    EXPECT_EQ(grant(alice, "a", {alice, 0, {{bob, read_only}}}, id), 0);
    EXPECT_EQ(read(bob, "/domain/5/a"), "error 13");
    EXPECT_EQ(write(alice, "a", "2", id), 0);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(read(bob, "/domain/5/a"), "2");
}

TEST_F(StoreTransaction, IsHeldToPermissions)
{
    const TransactionId bobs = begin(bob);
    EXPECT_EQ(read(bob, "/domain/5/a", bobs), "error 13");
    EXPECT_EQ(write(bob, "/domain/5/a", "", bobs), PV_EACCES);
    EXPECT_EQ(mkdir(bob, "/domain/5/n", bobs), PV_EACCES);
    EXPECT_EQ(rm(bob, "/domain/5/a", bobs), PV_EACCES);
    EXPECT_EQ(mkdir(bob, "own", bobs), 0);
    EXPECT_EQ(mkdir(bob, "own", bobs), PV_EEXIST);
    EXPECT_EQ(commit(bob, bobs), 0);
    EXPECT_EQ(read(bob, "own"), "");
}

TEST_F(StoreTransaction, WhatWasReadHasChanged)
{
    EXPECT_EQ(read(alice, "a", id), "1");
    EXPECT_EQ(write(alice, "a", "2"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, WhatWasWrittenHasChanged)
{
    EXPECT_EQ(write(alice, "a", "2", id), 0);
    EXPECT_EQ(write(alice, "a", "3"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
    EXPECT_EQ(read(alice, "a"), "3");
}

TEST_F(StoreTransaction, WhatWasReadIsGone)
{
    EXPECT_EQ(read(alice, "a", id), "1");
    EXPECT_EQ(rm(alice, "a"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, WhatWasReadWasRemovedAndMadeAgainTheSame)
{
    EXPECT_EQ(read(alice, "a", id), "1");
    EXPECT_EQ(rm(alice, "a"), 0);
    EXPECT_EQ(write(alice, "a", "1"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, WhatWasMissingIsThere)
{
    EXPECT_EQ(read(alice, "n", id), "error 2");
    EXPECT_EQ(write(alice, "n", "1"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, WhatWasMissingCameAndWent)
{
    EXPECT_EQ(read(alice, "n", id), "error 2");
    EXPECT_EQ(write(alice, "n", "1"), 0);
    EXPECT_EQ(rm(alice, "n"), 0);
    EXPECT_EQ(commit(alice, id), 0);
}

TEST_F(StoreTransaction, WhatWasMadeIsThere)
{
    EXPECT_EQ(mkdir(alice, "n/x", id), 0);
    EXPECT_EQ(mkdir(alice, "n/y"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, WhatWasListedHasAnotherChild)
{
    EXPECT_EQ(list(alice, "d", {}, id), (Names{"x", "y"}));
    EXPECT_EQ(mkdir(alice, "d/z"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, WhatWasListedHasAChildLess)
{
    EXPECT_EQ(list(alice, "d", {}, id), (Names{"x", "y"}));
    EXPECT_EQ(rm(alice, "d/x"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, WhatWasRemovedHasAnotherChild)
{
    EXPECT_EQ(rm(alice, "d", id), 0);
    EXPECT_EQ(mkdir(alice, "d/z"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
    EXPECT_EQ(list(alice, "d"), (Names{"x", "y", "z"}));
}

TEST_F(StoreTransaction, WhatWasRemovedHasChangedBeneath)
{
    EXPECT_EQ(rm(alice, "d", id), 0);
    EXPECT_EQ(write(alice, "d/x", "2"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, TheDirectoryOfACreationIsGone)
{
    EXPECT_EQ(mkdir(alice, "d/z", id), 0);
    EXPECT_EQ(rm(alice, "d"), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
    EXPECT_EQ(read(alice, "d"), "error 2");
}

TEST_F(StoreTransaction, PermissionsOfADirectoryHaveChanged)
{
    EXPECT_EQ(mkdir(alice, "d/z", id), 0);
    EXPECT_EQ(grant(host, "/domain/5/d", {host, 0, {}}), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, ChangesElsewhereAreNoConflict)
{
    EXPECT_EQ(read(alice, "a", id), "1");
    EXPECT_EQ(mkdir(alice, "d/z", id), 0);
    EXPECT_EQ(list(alice, "d", {}, id), (Names{"x", "y", "z"}));
    EXPECT_EQ(write(alice, "b", "2"), 0);
    EXPECT_EQ(write(alice, "d/x", "2"), 0);
    EXPECT_EQ(mkdir(alice, "n"), 0);
    EXPECT_EQ(rm(alice, "n"), 0);
    EXPECT_EQ(mkdir(bob, "n"), 0);
    EXPECT_EQ(commit(alice, id), 0);
}

TEST_F(StoreTransaction, SiblingsMadeByTwoAreNoConflict)
{
    const TransactionId other = begin(alice);
    EXPECT_EQ(mkdir(alice, "d/1", id), 0);
    EXPECT_EQ(mkdir(alice, "d/2", other), 0);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(commit(alice, other), 0);
    EXPECT_EQ(list(alice, "d"), (Names{"1", "2", "x", "y"}));
}

TEST_F(StoreTransaction, OfTwoThatWriteTheSameOneCommits)
{
    const TransactionId other = begin(alice);
    EXPECT_EQ(write(alice, "a", "2", id), 0);
    EXPECT_EQ(write(alice, "a", "3", other), 0);
    EXPECT_EQ(commit(alice, other), 0);
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
    EXPECT_EQ(read(alice, "a"), "3");
}

TEST_F(StoreTransaction, NeverSeesTwoMoments)
{
    EXPECT_EQ(read(alice, "a", id), "1");
    EXPECT_EQ(write(alice, "b", "2"), 0);
    EXPECT_EQ(read(alice, "b", id), "error 11");
    // And that is final.
    EXPECT_EQ(read(alice, "a", id), "error 11");
    EXPECT_EQ(write(alice, "a", "3", id), PV_EAGAIN);
    EXPECT_EQ(list(alice, "d", {}, id), Names{"error 11"});
    EXPECT_EQ(commit(alice, id), PV_EAGAIN);
}

TEST_F(StoreTransaction, NeverSeesARemovalOrAListFromLater)
{
    EXPECT_EQ(rm(alice, "d/x"), 0);
    EXPECT_EQ(read(alice, "d/x", id), "error 11");
    const TransactionId second = begin(alice);
    EXPECT_EQ(mkdir(alice, "d/z"), 0);
    EXPECT_EQ(list(alice, "d", {}, second), Names{"error 11"});
    const TransactionId third = begin(alice);
    EXPECT_EQ(read(alice, "d/y", third), "1");
    EXPECT_EQ(write(alice, "d/y", "2"), 0);
    EXPECT_EQ(read(alice, "d/y", third), "error 11");
}

TEST_F(StoreTransaction, AReadOnlyOneCommitsAndChangesNothing)
{
    const Moment before = store.statistics().now;
    EXPECT_EQ(read(alice, "a", id), "1");
    EXPECT_EQ(list(alice, "d", {}, id), (Names{"x", "y"}));
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(store.statistics().now, before);
}

TEST_F(StoreTransaction, NumbersSkipThoseInUse)
{
    for (int i = 0; i < 1000; i++) {
        const TransactionId next = begin(alice);
        EXPECT_NE(next, id);
        EXPECT_NE(next, no_transaction);
        EXPECT_EQ(commit(alice, next), 0);
    }
}

TEST_F(StoreTransaction, TheRootCanBeWritten)
{
    const TransactionId hosts = begin(host);
    EXPECT_EQ(write(host, "/", "r", hosts), 0);
    EXPECT_EQ(read(host, "/", hosts), "r");
    EXPECT_EQ(rm(host, "/", hosts), PV_EINVAL);
    EXPECT_EQ(commit(host, hosts), 0);
    EXPECT_EQ(read(host, "/"), "r");
    const TransactionId late = begin(host);
    EXPECT_EQ(read(host, "/", late), "r");
    EXPECT_EQ(write(host, "/", "s"), 0);
    EXPECT_EQ(commit(host, late), PV_EAGAIN);
}

} // namespace
} // namespace paravane::store_test
