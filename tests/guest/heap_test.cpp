// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstring>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/heap.hpp"
#include "tests/guest/pages.hpp"

namespace keel {
namespace {

class Memory {
  public:
    explicit Memory(std::size_t pages) : memory_(pages)
    {
        EXPECT_TRUE(allocator.add(memory_.at(0), pages * PageAllocator::page));
    }

  private:
    Pages memory_;

  public:
    PageAllocator allocator;
    Heap heap{allocator};
};

TEST(Heap, GivesAlignedMemoryOfEverySize)
{
    Memory memory(4096);

    for (std::size_t bytes = 0; bytes < 10000; bytes += 1 + bytes / 50) {
        void *object = memory.heap.allocate(bytes);
        ASSERT_NE(object, nullptr) << bytes;
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % Heap::alignment, 0U) << bytes;
        std::memset(object, 0xff, bytes);
    }
}

TEST(Heap, GivesNothingTwice)
{
    Memory memory(64);

    for (std::size_t bytes : {1U, 16U, 17U, 100U, 700U, 2016U}) {
        std::set<std::byte *> given;
        while (void *object = memory.heap.allocate(bytes)) {
            auto *begin = static_cast<std::byte *>(object);
            const auto next = given.lower_bound(begin);
            EXPECT_TRUE(next == given.end() || *next - begin >= static_cast<ptrdiff_t>(bytes));
            EXPECT_TRUE(next == given.begin() ||
                        begin - *std::prev(next) >= static_cast<ptrdiff_t>(bytes));
            given.insert(begin);
        }
        EXPECT_GT(given.size(), 60U);
        for (std::byte *object : given)
            EXPECT_TRUE(memory.heap.release(object));
        EXPECT_EQ(memory.heap.objects(), 0U);
    }
}

TEST(Heap, GivesPagesBack)
{
    Memory memory(64);
    std::vector<void *> objects(1000);

    for (void *&object : objects)
        object = memory.heap.allocate(64);
    EXPECT_LT(memory.allocator.free_pages(), 63U - 15U);
    for (void *object : objects)
        EXPECT_TRUE(memory.heap.release(object));
    // One is kept for the next of this size.
    EXPECT_EQ(memory.allocator.free_pages(), memory.allocator.pages() - 1);
}

TEST(Heap, HoldsToWiderAlignments)
{
    Memory memory(256);

    for (std::size_t align = 32; align <= PageAllocator::page; align *= 2) {
        void *object = memory.heap.allocate(24, align);
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % align, 0U);
        EXPECT_TRUE(memory.heap.release(object));
    }
    EXPECT_EQ(memory.heap.allocate(24, 2 * PageAllocator::page), nullptr);
}

TEST(Heap, RefusesWhatIsNotAllocated)
{
    Memory memory(64);
    auto *object = static_cast<std::byte *>(memory.heap.allocate(100));
    auto *large = static_cast<std::byte *>(memory.heap.allocate(5000));

    EXPECT_TRUE(memory.heap.release(nullptr));
    EXPECT_FALSE(memory.heap.release(object + 1));
    EXPECT_FALSE(memory.heap.release(object + 128)); // its neighbour, which is free
    EXPECT_FALSE(memory.heap.release(large + PageAllocator::page));
    EXPECT_EQ(memory.heap.objects(), 2U);
    EXPECT_TRUE(memory.heap.release(object));
    EXPECT_FALSE(memory.heap.release(object));
    EXPECT_TRUE(memory.heap.release(large));
    EXPECT_FALSE(memory.heap.release(large));
    EXPECT_EQ(memory.heap.objects(), 0U);
}

TEST(Heap, HasAnEnd)
{
    Memory memory(4);

    EXPECT_EQ(memory.heap.allocate(SIZE_MAX), nullptr);
    EXPECT_EQ(memory.heap.allocate(5 * PageAllocator::page), nullptr);
    EXPECT_EQ(memory.heap.objects(), 0U);
}

TEST(Heap, RandomUse)
{
    struct Object {
        unsigned char *at = nullptr;
        std::size_t bytes = 0;
    };
    Memory memory(2048);
    std::vector<Object> objects(200);
    std::mt19937_64 random(7);

    for (int round = 0; round < 100000; round++) {
        Object &object = objects[random() % objects.size()];
        const auto mark = static_cast<unsigned char>(&object - objects.data());
        if (object.at != nullptr) {
            for (std::size_t i = 0; i < object.bytes; i += 13)
                ASSERT_EQ(object.at[i], mark);
            ASSERT_TRUE(memory.heap.release(object.at));
            object.at = nullptr;
            continue;
        }
        object.bytes = random() % (random() % 10 == 0 ? 20000 : 500);
        object.at = static_cast<unsigned char *>(memory.heap.allocate(object.bytes));
        ASSERT_NE(object.at, nullptr);
        std::memset(object.at, mark, object.bytes);
    }
}

} // namespace
} // namespace keel
