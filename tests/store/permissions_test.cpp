// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace paravane::store_test {
namespace {

class StorePermissionsTest : public StoreTest {
  protected:
    StorePermissions permissions(std::string_view at)
    {
        const Answer<StorePermissions> found = store.permissions({host}, path(at));
        EXPECT_TRUE(found.has_value()) << at;
        return found ? *found : StorePermissions{};
    }
};

TEST_F(StorePermissionsTest, AHomeIsItsDomainsAlone)
{
    ASSERT_EQ(write(alice, "a", "secret"), 0);
    EXPECT_EQ(read(bob, "/domain/5/a"), "error 13");
    EXPECT_EQ(write(bob, "/domain/5/a", "x"), PV_EACCES);
    EXPECT_EQ(write(bob, "/domain/5/b", "x"), PV_EACCES);
    EXPECT_EQ(mkdir(bob, "/domain/5/b"), PV_EACCES);
    EXPECT_EQ(rm(bob, "/domain/5/a"), PV_EACCES);
    EXPECT_EQ(list(bob, "/domain/5"), Names{"error 13"});
    EXPECT_EQ(grant(bob, "/domain/5/a", {bob, 0, {}}), PV_EACCES);
    EXPECT_EQ(error_of(store.permissions({bob}, path("/domain/5/a"))), PV_EACCES);
    EXPECT_EQ(read(host, "/domain/5/a"), "secret");
    EXPECT_EQ(write(host, "/domain/5/a", "told"), 0);
    EXPECT_EQ(read(alice, "a"), "told");
}

TEST_F(StorePermissionsTest, WhatMayNotBeReadMayNotBeKnownToExist)
{
    ASSERT_EQ(write(alice, "a", "1"), 0);
    // Of each pair one is there and one is not.
    for (const auto &[there, missing] :
         {std::pair{"/domain/5/a", "/domain/5/b"}, {"/domain/6", "/domain/8"}, {"/domain", "/x"}}) {
        EXPECT_EQ(read(carol, there), read(carol, missing)) << there;
        EXPECT_EQ(rm(carol, there), rm(carol, missing)) << there;
        EXPECT_EQ(mkdir(carol, there), mkdir(carol, missing)) << there;
        EXPECT_EQ(write(carol, there, ""), write(carol, missing, "")) << there;
        EXPECT_EQ(list(carol, there), list(carol, missing)) << there;
        EXPECT_EQ(grant(carol, there, {carol, 0, {}}), grant(carol, missing, {carol, 0, {}}));
    }
}

TEST_F(StorePermissionsTest, ReadAndWriteAreGrantedApart)
{
    ASSERT_EQ(write(alice, "r", "1"), 0);
    ASSERT_EQ(write(alice, "w", "1"), 0);
    ASSERT_EQ(grant(alice, "r", {alice, 0, {{bob, read_only}}}), 0);
    ASSERT_EQ(grant(alice, "w", {alice, 0, {{bob, write_only}}}), 0);
    EXPECT_EQ(read(bob, "/domain/5/r"), "1");
    EXPECT_EQ(write(bob, "/domain/5/r", "2"), PV_EACCES);
    EXPECT_EQ(rm(bob, "/domain/5/r"), PV_EACCES);
    EXPECT_EQ(read(bob, "/domain/5/w"), "error 13");
    EXPECT_EQ(write(bob, "/domain/5/w", "2"), 0);
    EXPECT_EQ(read(carol, "/domain/5/r"), "error 13");
    EXPECT_EQ(rm(bob, "/domain/5/w"), 0);
}

TEST_F(StorePermissionsTest, AGrantGoesBeforeTheRightsOfOthers)
{
    ASSERT_EQ(write(alice, "a", "1"), 0);
    ASSERT_EQ(grant(alice, "a", {alice, read_write, {{bob, 0}}}), 0);
    EXPECT_EQ(read(carol, "/domain/5/a"), "1");
    EXPECT_EQ(write(carol, "/domain/5/a", "2"), 0);
    EXPECT_EQ(read(bob, "/domain/5/a"), "error 13");
    // Nothing denies the owner or the host.
    ASSERT_EQ(grant(alice, "a", {alice, 0, {{alice, 0}, {host, 0}}}), 0);
    EXPECT_EQ(read(alice, "a"), "2");
    EXPECT_EQ(read(host, "/domain/5/a"), "2");
}

TEST_F(StorePermissionsTest, OnlyTheOwnerAndTheHostChangeThem)
{
    ASSERT_EQ(write(alice, "a", "1"), 0);
    ASSERT_EQ(grant(alice, "a", {alice, 0, {{bob, read_write}}}), 0);
    EXPECT_EQ(grant(bob, "/domain/5/a", {alice, read_write, {}}), PV_EPERM);
    EXPECT_EQ(grant(bob, "/domain/5/a", {bob, 0, {}}), PV_EPERM);
    EXPECT_EQ(grant(host, "/domain/5/a", {alice, read_only, {}}), 0);
    EXPECT_EQ(permissions("/domain/5/a"), (StorePermissions{alice, read_only, {}}));
}

TEST_F(StorePermissionsTest, AGuestGivesNoNodeAway)
{
    ASSERT_EQ(write(alice, "a", "1"), 0);
    EXPECT_EQ(grant(alice, "a", {bob, 0, {}}), PV_EPERM);
    EXPECT_EQ(grant(alice, "a", {host, 0, {}}), PV_EPERM);
    const TransactionId id = begin(alice);
    EXPECT_EQ(grant(alice, "a", {bob, 0, {}}, id), PV_EPERM);
    EXPECT_EQ(commit(alice, id), 0);
    EXPECT_EQ(permissions("/domain/5/a").owner, alice);
    EXPECT_EQ(grant(host, "/domain/5/a", {bob, 0, {}}), 0);
    EXPECT_EQ(store.usage(bob).nodes, 2U);
    EXPECT_EQ(store.usage(alice).nodes, 1U);
}

TEST_F(StorePermissionsTest, EightGrantsEachOfAnotherDomain)
{
    StorePermissions wanted = {alice, 0, {}};
    ASSERT_EQ(write(alice, "a", "1"), 0);
    for (uint16_t i = 0; i < 8; i++)
        wanted.grants.push_back({{static_cast<uint16_t>(20 + i)}, read_only});
    EXPECT_EQ(grant(alice, "a", wanted), 0);
    EXPECT_EQ(permissions("/domain/5/a"), wanted);
    wanted.grants.push_back({bob, read_only});
    EXPECT_EQ(grant(alice, "a", wanted), PV_EINVAL);
    EXPECT_EQ(grant(alice, "a", {alice, 0, {{bob, read_only}, {bob, write_only}}}), PV_EINVAL);
    EXPECT_EQ(grant(alice, "a", {alice, 4, {}}), PV_EINVAL);
    EXPECT_EQ(grant(alice, "a", {alice, 0, {{bob, 4}}}), PV_EINVAL);
}

TEST_F(StorePermissionsTest, ChildrenInheritAndBelongToWhoMadeThem)
{
    ASSERT_EQ(mkdir(alice, "d"), 0);
    ASSERT_EQ(grant(alice, "d", {alice, read_only, {{bob, read_write}}}), 0);
    ASSERT_EQ(write(alice, "d/own", ""), 0);
    EXPECT_EQ(permissions("/domain/5/d/own"), permissions("/domain/5/d"));
    // Alice keeps what she had in her directory.
    ASSERT_EQ(write(bob, "/domain/5/d/bobs/deep", ""), 0);
    const StorePermissions expected = {bob, read_only, {{bob, read_write}, {alice, read_write}}};
    EXPECT_EQ(permissions("/domain/5/d/bobs"), expected);
    EXPECT_EQ(permissions("/domain/5/d/bobs/deep"), expected);
    ASSERT_EQ(write(host, "/domain/5/hosts", "x"), 0);
    EXPECT_EQ(permissions("/domain/5/hosts"), (StorePermissions{host, 0, {{alice, read_write}}}));
    EXPECT_EQ(read(alice, "hosts"), "x");
}

TEST_F(StorePermissionsTest, AFullListLeavesTheParentsOwnerOut)
{
    StorePermissions full = {alice, read_write, {}};
    ASSERT_EQ(mkdir(alice, "d"), 0);
    for (uint16_t i = 0; i < 8; i++)
        full.grants.push_back({{static_cast<uint16_t>(20 + i)}, read_only});
    ASSERT_EQ(grant(alice, "d", full), 0);
    ASSERT_EQ(write(bob, "/domain/5/d/x", ""), 0);
    full.owner = bob;
    EXPECT_EQ(permissions("/domain/5/d/x"), full);
}

TEST_F(StorePermissionsTest, TheOwnerOfADirectoryMayEmptyIt)
{
    ASSERT_EQ(mkdir(alice, "d"), 0);
    ASSERT_EQ(grant(alice, "d", {alice, 0, {{bob, read_write}}}), 0);
    ASSERT_EQ(write(bob, "/domain/5/d/x", ""), 0);
    ASSERT_EQ(grant(bob, "/domain/5/d/x", {bob, 0, {}}), 0);
    EXPECT_EQ(read(alice, "d/x"), "error 13");
    EXPECT_EQ(rm(alice, "d/x"), 0);
    EXPECT_EQ(store.usage(bob).nodes, 1U);
}

TEST_F(StorePermissionsTest, RmNeedsARightToEveryNode)
{
    ASSERT_EQ(mkdir(alice, "d"), 0);
    ASSERT_EQ(grant(alice, "d", {alice, 0, {{bob, read_write}}}), 0);
    ASSERT_EQ(write(alice, "d/e/mine", "1"), 0);
    ASSERT_EQ(grant(alice, "d/e/mine", {alice, 0, {}}), 0);
    EXPECT_EQ(rm(bob, "/domain/5/d"), PV_EACCES);
    const TransactionId id = begin(bob);
    EXPECT_EQ(rm(bob, "/domain/5/d", id), PV_EACCES);
    EXPECT_EQ(read(alice, "d/e/mine"), "1");
    ASSERT_EQ(grant(alice, "d/e/mine", {alice, 0, {{bob, write_only}}}), 0);
    EXPECT_EQ(rm(bob, "/domain/5/d"), 0);
}

TEST_F(StorePermissionsTest, ANewDomainOfAnOldNumberFindsNothingOpen)
{
    ASSERT_EQ(write(alice, "a", "1"), 0);
    ASSERT_EQ(grant(alice, "a", {alice, 0, {{bob, read_write}}}), 0);
    ASSERT_EQ(read(bob, "/domain/5/a"), "1");
    store.forget(bob, Store::NodesOf::removed);
    EXPECT_EQ(read(bob, "/domain/5/a"), "error 13");
    EXPECT_TRUE(permissions("/domain/5/a").grants.empty());
    ASSERT_EQ(grant(alice, "a", {alice, 0, {{bob, read_only}}}), 0);
    EXPECT_EQ(read(bob, "/domain/5/a"), "1");
}

TEST_F(StorePermissionsTest, ADomainMayBeGrantedBeforeItIsThere)
{
    const DomainId later{99};
    ASSERT_EQ(write(alice, "a", "1"), 0);
    ASSERT_EQ(grant(alice, "a", {alice, 0, {{later, read_only}}}), 0);
    ASSERT_EQ(error_of(store.introduce(later)), 0);
    EXPECT_EQ(read(later, "/domain/5/a"), "1");
    EXPECT_EQ(error_of(store.introduce(later)), PV_EEXIST);
}

} // namespace
} // namespace paravane::store_test
