// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include <gtest/gtest.h>

#include "hypercall/host/guest_memory.hpp"
#include <paravane/errors.h>

namespace paravane::hypercall_test {
namespace {

using Bytes = std::vector<unsigned char>;
constexpr uint64_t page = PV_PAGE_SIZE;
// Two regions that touch, a hole, one that only the host writes, and one up to nearly the last byte.
constexpr uint64_t first = 4 * page;
constexpr uint64_t second = first + 2 * page;
constexpr uint64_t host_only = second + page;
constexpr uint64_t arena = host_only + 2 * page;
constexpr uint64_t top = UINT64_MAX - page - page + 1;

class GuestMemoryTest : public testing::Test {
  protected:
    GuestMemoryTest()
    {
        add(first, 2 * page, PV_MEMORY_RAM);
        add(second, page, PV_MEMORY_RAM);
        add(host_only, page, PV_MEMORY_HOST_WRITES);
        add(arena, page, PV_MEMORY_ARENA);
        add(top, page, PV_MEMORY_SHARED);
    }
    void add(uint64_t base, uint64_t bytes, uint32_t flags)
    {
        const auto added = memory_.add({base}, bytes, flags, SharedMemory::Frames::untouched);
        ASSERT_TRUE(added.has_value());
        EXPECT_EQ((*added)->base.value, base);
        EXPECT_EQ((*added)->bytes(), bytes);
    }
    [[nodiscard]] bool out(uint64_t from, std::size_t bytes) const
    {
        Bytes to(bytes);
        return memory_.copy_out(to, {from});
    }
    [[nodiscard]] bool in(uint64_t to, std::size_t bytes) const
    {
        return memory_.copy_in({to}, Bytes(bytes));
    }
    GuestMemory memory_;
};

TEST_F(GuestMemoryTest, CopiesAcrossRegionsThatTouch)
{
    Bytes sent(2 * page + 100);
    std::iota(sent.begin(), sent.end(), static_cast<unsigned char>(3));
    ASSERT_TRUE(memory_.copy_in({first + 50}, sent));
    Bytes held(sent.size());
    ASSERT_TRUE(memory_.copy_out(held, {first + 50}));
    EXPECT_EQ(held, sent);
    Bytes beginning(50);
    ASSERT_TRUE(memory_.copy_out(std::span(beginning), {second}));
    EXPECT_TRUE(std::equal(beginning.begin(), beginning.end(), sent.begin() + 2 * page - 50));
    EXPECT_TRUE(out(first, 4 * page));
    EXPECT_FALSE(out(first, 4 * page + 1));
}

TEST_F(GuestMemoryTest, CopiesAllOrNothing)
{
    const Bytes ones(page, 1);
    EXPECT_FALSE(memory_.copy_in({second + 1}, ones));
    EXPECT_FALSE(memory_.write_as_host({host_only + 1}, ones));
    Bytes held(page - 1, 7);
    ASSERT_TRUE(memory_.copy_out(held, {second + 1}));
    EXPECT_EQ(held, Bytes(page - 1, 0));
    Bytes kept(page + 1, 7);
    EXPECT_FALSE(memory_.copy_out(kept, {arena}));
    EXPECT_EQ(kept, Bytes(page + 1, 7));
}

TEST_F(GuestMemoryTest, HasBordersToTheByte)
{
    EXPECT_FALSE(out(first - 1, 1));
    EXPECT_TRUE(out(first, 1));
    EXPECT_TRUE(out(host_only + page - 1, 1));
    EXPECT_FALSE(out(host_only + page, 1));
    EXPECT_FALSE(out(host_only + page - 1, 2));
    EXPECT_FALSE(out(arena - 1, 2));
    EXPECT_TRUE(out(top, page));
    EXPECT_TRUE(out(top + page - 1, 1));
    EXPECT_FALSE(out(top + page - 1, 2));
    EXPECT_FALSE(out(UINT64_MAX, 1));
    EXPECT_FALSE(out(UINT64_MAX - 7, 16));
    EXPECT_FALSE(out(0, 1));
}

TEST_F(GuestMemoryTest, NeedsNoMemoryForNothing)
{
    EXPECT_TRUE(out(0, 0));
    EXPECT_TRUE(in(UINT64_MAX, 0));
    EXPECT_TRUE(memory_.writable({0}, 0));
}

TEST_F(GuestMemoryTest, LetsTheHostAloneWriteSome)
{
    EXPECT_FALSE(in(host_only, 1));
    EXPECT_FALSE(in(second + page - 1, 2));
    EXPECT_FALSE(memory_.writable({host_only}, 1));
    EXPECT_FALSE(memory_.writable({first}, 3 * page + 1));
    EXPECT_TRUE(memory_.writable({first}, 3 * page));
    EXPECT_TRUE(memory_.writable({arena}, page));
    EXPECT_TRUE(memory_.readable({first}, 4 * page));
    EXPECT_FALSE(memory_.readable({first}, 4 * page + 1));
    EXPECT_FALSE(memory_.writable({top}, UINT64_MAX));
    EXPECT_FALSE(memory_.writable({top}, page + 1));
    const Bytes two(2, 9);
    EXPECT_TRUE(memory_.write_as_host({second + page - 1}, two));
    Bytes held(2);
    ASSERT_TRUE(memory_.copy_out(held, {second + page - 1}));
    EXPECT_EQ(held, two);
    EXPECT_TRUE(out(host_only, page));
}

TEST_F(GuestMemoryTest, FindsRegionsByTheirBase)
{
    EXPECT_EQ(memory_.regions().size(), 5U);
    ASSERT_NE(memory_.at({second}), nullptr);
    EXPECT_EQ(memory_.at({second})->base.value, second);
    EXPECT_EQ(memory_.at({second + 1}), nullptr);
    EXPECT_EQ(memory_.at({second + page - 1}), nullptr);
    EXPECT_EQ(memory_.at({0}), nullptr);
}

TEST_F(GuestMemoryTest, DiscardsWithinOneRegionOfRam)
{
    for (const bool release : {true, false}) {
        EXPECT_EQ(memory_.discard({first}, 2 * page, release), 0);
        EXPECT_EQ(memory_.discard({second}, page, release), 0);
        EXPECT_EQ(memory_.discard({first}, 3 * page, release), -PV_EFAULT);
        EXPECT_EQ(memory_.discard({first + page}, 2 * page, release), -PV_EFAULT);
        EXPECT_EQ(memory_.discard({first}, UINT64_MAX, release), -PV_EFAULT);
        EXPECT_EQ(memory_.discard({0}, page, release), -PV_EFAULT);
        EXPECT_EQ(memory_.discard({arena}, page, release), -PV_EPERM);
        EXPECT_EQ(memory_.discard({host_only}, page, release), -PV_EPERM);
        EXPECT_EQ(memory_.discard({top}, page, release), -PV_EPERM);
    }
}

TEST_F(GuestMemoryTest, DiscardTouchesItsRangeAlone)
{
    ASSERT_TRUE(memory_.copy_in({first}, Bytes(3 * page, 1)));
    ASSERT_EQ(memory_.discard({first + page}, page, true), 0);
    Bytes held(3 * page);
    ASSERT_TRUE(memory_.copy_out(held, {first}));
    Bytes expected(3 * page, 1);
    std::fill_n(expected.begin() + page, page, static_cast<unsigned char>(0));
    EXPECT_EQ(held, expected);
}

TEST_F(GuestMemoryTest, SaysThatMemoryIsNotToBeHad)
{
    const auto added = memory_.add({uint64_t{1} << 40}, uint64_t{1} << 62, PV_MEMORY_RAM,
                                   SharedMemory::Frames::untouched);
    ASSERT_FALSE(added.has_value());
    EXPECT_EQ(added.error().text.find('\n'), std::string::npos);
    EXPECT_NE(added.error().text.find("KiB"), std::string::npos);
    EXPECT_EQ(memory_.regions().size(), 5U);
}

} // namespace
} // namespace paravane::hypercall_test
