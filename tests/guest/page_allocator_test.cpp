// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/page_allocator.hpp"
#include "tests/guest/pages.hpp"

namespace keel {
namespace {

constexpr std::size_t page = PageAllocator::page;

TEST(PageAllocator, IsEmptyAtFirst)
{
    PageAllocator allocator;

    EXPECT_EQ(allocator.allocate(0), nullptr);
    EXPECT_EQ(allocator.pages(), 0U);
    EXPECT_FALSE(allocator.release(nullptr));
}

TEST(PageAllocator, TakesWholePagesOnly)
{
    const Pages memory(20);
    PageAllocator allocator;

    // A page and its state need two; the rest before the first whole one is lost.
    EXPECT_TRUE(allocator.add(memory.at(0) + 1, 2 * page));
    EXPECT_EQ(allocator.pages(), 0U);
    EXPECT_TRUE(allocator.add(memory.at(0) + 1, 4 * page));
    EXPECT_EQ(allocator.pages(), 2U);
    EXPECT_EQ(allocator.free_pages(), 2U);
}

TEST(PageAllocator, RefusesMoreRangesThanItHasRoomFor)
{
    const Pages memory(20);
    PageAllocator allocator;

    for (std::size_t zone = 0; zone < PageAllocator::zones_max; zone++)
        EXPECT_TRUE(allocator.add(memory.at(4 * zone), 3 * page));
    EXPECT_FALSE(allocator.add(memory.at(16), 3 * page));
    EXPECT_EQ(allocator.pages(), 2 * PageAllocator::zones_max);
}

TEST(PageAllocator, GivesEachPageOnce)
{
    const Pages memory(100);
    PageAllocator allocator;
    std::map<void *, int> given;

    ASSERT_TRUE(allocator.add(memory.at(0), 100 * page));
    EXPECT_EQ(allocator.pages(), 99U);
    while (void *block = allocator.allocate(0)) {
        EXPECT_EQ(given[block]++, 0);
        EXPECT_TRUE(memory.holds(block, page));
    }
    EXPECT_EQ(given.size(), 99U);
    EXPECT_EQ(allocator.free_pages(), 0U);
    for (const auto &[block, count] : given)
        EXPECT_TRUE(allocator.release(block));
    EXPECT_EQ(allocator.free_pages(), 99U);
}

TEST(PageAllocator, AlignsBlocksToTheirSize)
{
    const Pages memory(8192);
    PageAllocator allocator;

    ASSERT_TRUE(allocator.add(memory.at(1), 8190 * page));
    for (uint32_t order = 0; order < PageAllocator::orders; order++) {
        void *block = allocator.allocate(order);
        ASSERT_NE(block, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % (page << order), 0U);
        EXPECT_TRUE(memory.holds(block, page << order));
    }
    EXPECT_EQ(allocator.allocate(PageAllocator::orders), nullptr);
}

TEST(PageAllocator, MakesHalvesWholeAgain)
{
    const Pages memory(4096);
    PageAllocator allocator;

    ASSERT_TRUE(allocator.add(memory.at(0), 4096 * page));
    const std::size_t before = allocator.free_pages();
    const auto count_largest = [&] {
        std::vector<void *> blocks;
        while (void *block = allocator.allocate(PageAllocator::orders - 1))
            blocks.push_back(block);
        for (void *block : blocks)
            EXPECT_TRUE(allocator.release(block));
        return blocks.size();
    };
    const std::size_t largest = count_largest();
    EXPECT_GT(largest, 0U);

    std::vector<void *> small;
    while (void *block = allocator.allocate(0))
        small.push_back(block);
    std::shuffle(small.begin(), small.end(), std::mt19937_64(1));
    for (void *block : small)
        EXPECT_TRUE(allocator.release(block));
    EXPECT_EQ(allocator.free_pages(), before);
    EXPECT_EQ(count_largest(), largest);
}

TEST(PageAllocator, LeavesMemoryAloneUntilItIsNeeded)
{
    const Pages memory(8192);
    PageAllocator allocator;

    ASSERT_TRUE(allocator.add(memory.at(0), 8192 * page));
    EXPECT_NE(allocator.allocate(0), nullptr);
    EXPECT_NE(allocator.allocate(3), nullptr);
    EXPECT_EQ(allocator.allocate(PageAllocator::orders), nullptr);
    EXPECT_TRUE(std::all_of(memory.at(4096), memory.at(8192),
                            [](std::byte value) { return value == std::byte{0}; }));
}

TEST(PageAllocator, RefusesWhatIsNoBlock)
{
    const Pages memory(64);
    PageAllocator allocator;

    ASSERT_TRUE(allocator.add(memory.at(0), 64 * page));
    auto *block = static_cast<std::byte *>(allocator.allocate(1));
    ASSERT_NE(block, nullptr);
    EXPECT_FALSE(allocator.release(block + page));     // within it
    EXPECT_FALSE(allocator.release(block + 1));        // not its beginning
    EXPECT_FALSE(allocator.release(memory.at(0)));     // where the states are
    EXPECT_FALSE(allocator.release(memory.at(0) - 8)); // outside
    EXPECT_TRUE(allocator.release(block));
    EXPECT_FALSE(allocator.release(block)); // twice
    EXPECT_EQ(allocator.free_pages(), allocator.pages());
}

TEST(PageAllocator, OrderForBytes)
{
    EXPECT_EQ(PageAllocator::order_for(0), 0U);
    EXPECT_EQ(PageAllocator::order_for(1), 0U);
    EXPECT_EQ(PageAllocator::order_for(page), 0U);
    EXPECT_EQ(PageAllocator::order_for(page + 1), 1U);
    EXPECT_EQ(PageAllocator::order_for(page << (PageAllocator::orders - 1)),
              PageAllocator::orders - 1);
    EXPECT_EQ(PageAllocator::order_for((page << (PageAllocator::orders - 1)) + 1),
              PageAllocator::orders);
}

} // namespace
} // namespace keel
