// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace paravane::store_test {
namespace {

using StoreOperations = StoreTest;

TEST_F(StoreOperations, ReadsWhatWasWritten)
{
    EXPECT_EQ(write(alice, "a", "one"), 0);
    EXPECT_EQ(read(alice, "a"), "one");
    EXPECT_EQ(read(alice, "/domain/5/a"), "one");
    EXPECT_EQ(write(alice, "a", "two"), 0);
    EXPECT_EQ(read(alice, "a"), "two");
    EXPECT_EQ(write(alice, "a", ""), 0);
    EXPECT_EQ(read(alice, "a"), "");
}

TEST_F(StoreOperations, ValuesHoldAnyBytes)
{
    std::string bytes;
    for (int i = 0; i < 256; i++)
        bytes += static_cast<char>(i);
    EXPECT_EQ(write(alice, "a", bytes), 0);
    EXPECT_EQ(read(alice, "a"), bytes);
}

TEST_F(StoreOperations, ValuesHold4096Bytes)
{
    EXPECT_EQ(write(alice, "a", std::string(4096, 'x')), 0);
    EXPECT_EQ(write(alice, "a", std::string(4097, 'x')), PV_E2BIG);
    EXPECT_EQ(read(alice, "a"), std::string(4096, 'x'));
    EXPECT_EQ(write(host, "/a", std::string(4097, 'x')), PV_E2BIG);
}

TEST_F(StoreOperations, MissingParentsAreMade)
{
    EXPECT_EQ(write(alice, "a/b/c", "deep"), 0);
    EXPECT_EQ(read(alice, "a"), "");
    EXPECT_EQ(read(alice, "a/b"), "");
    EXPECT_EQ(list(alice, "a"), Names{"b"});
    EXPECT_EQ(mkdir(alice, "d/e"), 0);
    EXPECT_EQ(list(alice, "d"), Names{"e"});
}

TEST_F(StoreOperations, MkdirMakesWhatWasNotThere)
{
    EXPECT_EQ(mkdir(alice, "a"), 0);
    EXPECT_EQ(mkdir(alice, "a"), PV_EEXIST);
    EXPECT_EQ(read(alice, "a"), "");
    EXPECT_EQ(mkdir(host, "/"), PV_EEXIST);
}

TEST_F(StoreOperations, WhatIsMissingIsENOENT)
{
    EXPECT_EQ(read(alice, "a"), "error 2");
    EXPECT_EQ(read(alice, "a/b/c"), "error 2");
    EXPECT_EQ(list(alice, "a"), Names{"error 2"});
    EXPECT_EQ(rm(alice, "a"), PV_ENOENT);
    EXPECT_EQ(grant(alice, "a", {alice, 0, {}}), PV_ENOENT);
    EXPECT_EQ(error_of(store.permissions({alice}, path("a", alice))), PV_ENOENT);
}

TEST_F(StoreOperations, RmTakesAllBeneath)
{
    ASSERT_EQ(write(alice, "a/b/c", "1"), 0);
    ASSERT_EQ(write(alice, "a/d", "2"), 0);
    ASSERT_EQ(write(alice, "ab", "3"), 0);
    const size_t before = store.statistics().nodes;
    EXPECT_EQ(rm(alice, "a"), 0);
    EXPECT_EQ(store.statistics().nodes, before - 4);
    for (const char *gone : {"a", "a/b", "a/b/c", "a/d"})
        EXPECT_EQ(read(alice, gone), "error 2") << gone;
    EXPECT_EQ(read(alice, "ab"), "3");
    EXPECT_EQ(write(alice, "a", "again"), 0);
    EXPECT_TRUE(list(alice, "a").empty());
}

TEST_F(StoreOperations, TheRootStays)
{
    EXPECT_EQ(rm(host, "/"), PV_EINVAL);
    EXPECT_EQ(write(host, "/", "root"), 0);
    EXPECT_EQ(read(host, "/"), "root");
    EXPECT_EQ(list(host, "/"), Names{"domain"});
}

TEST_F(StoreOperations, ListsAreSortedAndGoOnAfterAName)
{
    for (const char *name : {"c", "a", "B", "b", "a-b", "a.b", "10", "9"})
        ASSERT_EQ(mkdir(alice, std::string("d/") + name), 0);
    const Names all = {"10", "9", "B", "a", "a-b", "a.b", "b", "c"};
    EXPECT_EQ(list(alice, "d"), all);
    EXPECT_EQ(list(alice, "d", "a"), (Names{"a-b", "a.b", "b", "c"}));
    EXPECT_EQ(list(alice, "d", "a", 0, 2), (Names{"a-b", "a.b"}));
    EXPECT_EQ(list(alice, "d", "aa"), (Names{"b", "c"}));
    EXPECT_TRUE(list(alice, "d", "c").empty());
}

TEST_F(StoreOperations, PagesAreStableWhileOthersChange)
{
    for (int i = 10; i < 60; i++)
        ASSERT_EQ(mkdir(host, "/d/" + std::to_string(i)), 0);
    Names all;
    std::string after;
    while (true) {
        const Names page = list(host, "/d", after, 0, 7);
        if (page.empty())
            break;
        all.insert(all.end(), page.begin(), page.end());
        after = page.back();
        // The name gone on from goes, another comes in front and one behind.
        EXPECT_EQ(rm(host, "/d/" + after), 0);
        ASSERT_EQ(mkdir(host, "/d/0" + after), 0);
    }
    Names expected;
    for (int i = 10; i < 60; i++)
        expected.push_back(std::to_string(i));
    EXPECT_EQ(all, expected);
}

TEST_F(StoreOperations, VisitShowsEverythingInOrder)
{
    ASSERT_EQ(write(alice, "b", "2"), 0);
    ASSERT_EQ(write(alice, "a/x", "1"), 0);
    Names paths;
    store.visit([&](const StoreEntry &entry) { paths.emplace_back(entry.path); });
    EXPECT_EQ(paths, (Names{"/", "/domain", "/domain/5", "/domain/5/a", "/domain/5/a/x",
                            "/domain/5/b", "/domain/6", "/domain/7"}));
    EXPECT_EQ(store.statistics().nodes, paths.size());
}

TEST_F(StoreOperations, MomentsOnlyGrow)
{
    Moment last = store.statistics().now;
    const auto moved = [&] {
        const Moment before = std::exchange(last, store.statistics().now);
        return last > before;
    };
    ASSERT_EQ(write(alice, "a", "1"), 0);
    EXPECT_TRUE(moved());
    ASSERT_EQ(rm(alice, "a"), 0);
    EXPECT_TRUE(moved());
    EXPECT_EQ(read(alice, "a"), "error 2");
    EXPECT_EQ(rm(alice, "a"), PV_ENOENT);
    EXPECT_FALSE(moved());
}

} // namespace
} // namespace paravane::store_test
