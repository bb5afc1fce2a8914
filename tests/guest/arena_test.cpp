// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/arena.hpp"

namespace keel {
namespace {

constexpr GuestAddress base = {0x2000000000};
constexpr uint64_t count = 200; // not whole words of marks

class ArenaTest : public ::testing::Test {
  protected:
    ArenaTest() { arena.set(base, count * Arena::page, marks); }

    std::array<uint64_t, Arena::words_for(count *Arena::page)> marks{};
    Arena arena;
};

TEST_F(ArenaTest, GivesAllPagesOnce)
{
    std::vector<Arena::Run> runs;

    EXPECT_EQ(arena.pages(), count);
    for (uint64_t i = 0; i < count; i++) {
        runs.push_back(arena.allocate(1));
        ASSERT_EQ(runs.back().base.value, base.value + i * Arena::page);
    }
    EXPECT_EQ(arena.free_pages(), 0U);
    EXPECT_FALSE(arena.allocate(1).good());
    for (const Arena::Run &run : runs)
        EXPECT_TRUE(arena.release(run));
    EXPECT_EQ(arena.allocate(count).base, base);
}

TEST_F(ArenaTest, RefusesWhatItDidNotGive)
{
    const Arena::Run run = arena.allocate(4);

    EXPECT_FALSE(arena.release({}));
    EXPECT_FALSE(arena.release({{run.base.value + 1}, 1}));
    EXPECT_FALSE(arena.release({run.base, 5}));
    EXPECT_FALSE(arena.release({{base.value - Arena::page}, 1}));
    EXPECT_FALSE(arena.release({{base.value + count * Arena::page}, 1}));
    EXPECT_FALSE(arena.release({run.base, UINT64_MAX}));
    EXPECT_EQ(arena.free_pages(), count - 4);
    EXPECT_TRUE(arena.release(run));
    EXPECT_FALSE(arena.release(run));
    EXPECT_FALSE(arena.allocate(0).good());
    EXPECT_FALSE(arena.allocate(count + 1).good());
    EXPECT_FALSE(arena.allocate(UINT64_MAX).good());
}

TEST_F(ArenaTest, FindsARunBetweenOthers)
{
    const Arena::Run first = arena.allocate(60);
    const Arena::Run second = arena.allocate(70);
    const Arena::Run third = arena.allocate(70);

    ASSERT_TRUE(first.good() && second.good() && third.good());
    EXPECT_TRUE(arena.release(second));
    EXPECT_FALSE(arena.allocate(71).good());
    EXPECT_EQ(arena.allocate(70).base, second.base);
}

TEST_F(ArenaTest, RunsNeverOverlap)
{
    std::mt19937_64 random(1);
    std::map<uint64_t, Arena::Run> held;

    for (int round = 0; round < 20'000; round++) {
        if (random() % 2 == 0) {
            const Arena::Run run = arena.allocate(1 + random() % 20);
            if (!run.good())
                continue;
            const auto [at, fresh] = held.emplace(run.base.value, run);
            ASSERT_TRUE(fresh);
            const uint64_t end = run.base.value + run.pages * Arena::page;
            ASSERT_LE(end, base.value + count * Arena::page);
            ASSERT_TRUE(std::next(at) == held.end() || std::next(at)->first >= end);
            ASSERT_TRUE(at == held.begin() ||
                        std::prev(at)->first + std::prev(at)->second.pages * Arena::page <=
                            at->first);
        } else if (!held.empty()) {
            const auto at =
                std::next(held.begin(), static_cast<std::ptrdiff_t>(random() % held.size()));
            ASSERT_TRUE(arena.release(at->second));
            held.erase(at);
        }
    }
    for (const auto &[at, run] : held)
        EXPECT_TRUE(arena.release(run));
    EXPECT_EQ(arena.free_pages(), count);
}

TEST(Arena, IsEmptyWhereTheHostGivesNone)
{
    Arena arena;

    EXPECT_EQ(arena.pages(), 0U);
    EXPECT_FALSE(arena.allocate(1).good());
    EXPECT_FALSE(arena.release({{0}, 1}));
    EXPECT_EQ(Arena::words_for(0), 0U);
    EXPECT_EQ(Arena::words_for(Arena::page), 1U);
    EXPECT_EQ(Arena::words_for(65 * Arena::page), 2U);
}

} // namespace
} // namespace keel
