// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>
#include <set>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/grant_table.hpp"

namespace keel {
namespace {

constexpr uint64_t entries = 16;

class GrantTableTest : public ::testing::Test {
  protected:
    GrantTableTest() { table->set(pv_shared_from_pointer(memory.data()), entries); }

    [[nodiscard]] const pv_grant_entry &entry(GrantRef grant) const { return memory[grant.value]; }

    alignas(16) std::array<pv_grant_entry, entries> memory{};
    std::unique_ptr<GrantTable> table = std::make_unique<GrantTable>();
};

TEST_F(GrantTableTest, PublishesAllOfAnEntry)
{
    const GrantRef grant = table->publish(uint64_t{1} << 40, 7, 0x1234, Access::write);

    ASSERT_TRUE(grant.good());
    EXPECT_EQ(pv_le32_get(entry(grant).word), 0x1234U | PV_GRANT_VALID | PV_GRANT_WRITABLE);
    EXPECT_EQ(pv_le32_get(entry(grant).frames), 7U);
    EXPECT_EQ(pv_le64_get(entry(grant).first_frame), uint64_t{1} << 40);
    const GrantRef read = table->publish(1, 1, 0, Access::read);
    EXPECT_EQ(pv_le32_get(entry(read).word), PV_GRANT_VALID);
    EXPECT_FALSE(table->publish(1, 0, 0, Access::read).good());
    EXPECT_EQ(table->used(), 2U);
}

TEST_F(GrantTableTest, GivesEachEntryOnceAndNeverNone)
{
    std::set<uint32_t> given;

    EXPECT_EQ(table->entries(), entries - 1);
    for (uint64_t i = 1; i < entries; i++)
        EXPECT_TRUE(given.insert(table->publish(i, 1, 0, Access::read).value).second);
    EXPECT_FALSE(given.contains(0));
    EXPECT_FALSE(table->publish(1, 1, 0, Access::read).good());
    EXPECT_EQ(pv_le32_get(memory[0].word), 0U);
}

TEST_F(GrantTableTest, IsNotUsedAgainBeforeItIsFree)
{
    const GrantRef grant = table->publish(1, 1, 0, Access::read);

    EXPECT_FALSE(table->free(grant));
    EXPECT_TRUE(table->withdraw(grant));
    EXPECT_EQ(pv_le32_get(entry(grant).word), 0U);
    EXPECT_FALSE(table->withdraw(grant));
    for (uint64_t i = 2; i < entries; i++)
        EXPECT_NE(table->publish(i, 1, 0, Access::read), grant);
    EXPECT_FALSE(table->publish(1, 1, 0, Access::read).good());
    EXPECT_TRUE(table->free(grant));
    EXPECT_FALSE(table->free(grant));
    EXPECT_EQ(table->publish(1, 1, 0, Access::read), grant);
}

TEST_F(GrantTableTest, KnowsNoOthers)
{
    for (const uint32_t number : {0U, 3U, 16U, 4096U, UINT32_MAX}) {
        EXPECT_FALSE(table->withdraw({number}));
        EXPECT_FALSE(table->free({number}));
    }
}

TEST(GrantTable, HoldsNothingBeforeItIsSet)
{
    const auto table = std::make_unique<GrantTable>();

    EXPECT_EQ(table->entries(), 0U);
    EXPECT_FALSE(table->publish(1, 1, 0, Access::read).good());
}

TEST(GrantTable, IsNoLargerThanTheAbis)
{
    const auto table = std::make_unique<GrantTable>();
    const auto memory = std::make_unique<std::array<pv_grant_entry, PV_GRANT_ENTRIES>>();

    table->set(pv_shared_from_pointer(memory->data()), UINT64_MAX);
    EXPECT_EQ(table->entries(), PV_GRANT_ENTRIES - 1);
}

} // namespace
} // namespace keel
