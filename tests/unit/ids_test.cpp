// SPDX-License-Identifier: Apache-2.0
//
// Ids at the depths where a bitmap goes wrong.
#include <vector>

#include <gtest/gtest.h>

#include "rings.hpp"

namespace paravane::unit {

namespace {

pv_violations violations = {};

TEST(Ids, OfTheLargestQueue)
{
    pv_ids ids = {};
    ASSERT_EQ(pv_ids_init(&ids, 32768, &violations), PV_RULE_KEPT);
    std::vector<bool> got(32768);
    for (uint32_t i = 0; i < 32768; i++) {
        const uint32_t id = pv_ids_acquire(&ids);
        ASSERT_LT(id, 32768U);
        ASSERT_FALSE(got[id]);
        got[id] = true;
    }
    EXPECT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
    EXPECT_EQ(ids.pending, 32768U);
    EXPECT_TRUE(pv_ids_known(&ids, 32767));
    EXPECT_FALSE(pv_ids_known(&ids, 32768));
    pv_ids_clear(&ids, 32767);
    EXPECT_FALSE(pv_ids_pending(&ids, 32767));
    EXPECT_TRUE(pv_ids_pending(&ids, 32766));
    EXPECT_EQ(pv_ids_acquire(&ids), 32767U);
    EXPECT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
}

TEST(Ids, OfAWordAndAHalf)
{
    pv_ids ids = {};
    ASSERT_EQ(pv_ids_init(&ids, 100, &violations), PV_RULE_KEPT);
    for (uint32_t i = 0; i < 100; i++)
        ASSERT_EQ(pv_ids_acquire(&ids), i);
    EXPECT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
    // A free id before the word in which the search starts.
    pv_ids_clear(&ids, 3);
    pv_ids_clear(&ids, 99);
    EXPECT_EQ(pv_ids_acquire(&ids), 99U);
    EXPECT_EQ(pv_ids_acquire(&ids), 3U) << "round the end, past the bits beyond the depth";
    EXPECT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
}

TEST(Ids, InitForgetsEverything)
{
    pv_ids ids = {};
    ASSERT_EQ(pv_ids_init(&ids, 130, &violations), PV_RULE_KEPT);
    for (uint32_t i = 0; i < 130; i++)
        static_cast<void>(pv_ids_acquire(&ids));
    ASSERT_EQ(pv_ids_init(&ids, 65, &violations), PV_RULE_KEPT);
    EXPECT_EQ(ids.pending, 0U);
    for (uint32_t i = 0; i < 65; i++)
        ASSERT_EQ(pv_ids_acquire(&ids), i);
    EXPECT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
}

TEST(Ids, ZeroedOrRefusedGivesNone)
{
    pv_violations counted = {};
    pv_ids ids = {};
    EXPECT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
    EXPECT_FALSE(pv_ids_known(&ids, 0));
    for (uint32_t depth : {0U, 32769U, UINT32_MAX}) {
        EXPECT_EQ(pv_ids_init(&ids, depth, &counted), PV_RULE_DEPTH);
        EXPECT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
        EXPECT_FALSE(pv_ids_known(&ids, 0));
    }
    EXPECT_EQ(counted.count[PV_RULE_DEPTH], 3U);
}

} // namespace

} // namespace paravane::unit
