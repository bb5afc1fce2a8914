// SPDX-License-Identifier: Apache-2.0
//
// Filling and emptying slot rings.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "message.hpp"
#include "ring_memory.hpp"

namespace paravane::unit {

namespace {

class Ring : public testing::Test {
  protected:
    void attach(RingMemory &memory, pv_ring_geometry geometry, uint32_t index = 0)
    {
        ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), geometry, index,
                                     &violations),
                  PV_RULE_KEPT);
        ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), geometry, index,
                                     &violations),
                  PV_RULE_KEPT);
    }

    pv_violations violations = {};
    pv_producer producer = {};
    pv_consumer consumer = {};
};

TEST_F(Ring, LargestIsWhole)
{
    const pv_ring_geometry geometry{32768, 256};
    RingMemory memory(geometry);
    ASSERT_EQ(memory.bytes(), 512U + 8U * 1024 * 1024);
    attach(memory, geometry);
    for (uint32_t round = 0; round < 2; round++) {
        const auto messages = messages_from(round * 32768, 32768, 256);
        ASSERT_EQ(pv_producer_put(&producer, messages.data(), 256, 32769), 32768U);
        ASSERT_TRUE(
            std::equal(messages.begin(), messages.end(), memory.image().begin() + layout::slots));
        ASSERT_FALSE(pv_producer_publish(&producer));
        std::vector<unsigned char> to(messages.size());
        ASSERT_EQ(pv_consumer_take(&consumer, to.data(), 256, UINT32_MAX), 32768U);
        ASSERT_EQ(to, messages);
        ASSERT_FALSE(pv_consumer_release(&consumer));
    }
    EXPECT_TRUE(memory.guards_hold());
    EXPECT_EQ(pv_consumer_refused(&consumer), PV_RULE_KEPT);
    EXPECT_EQ(pv_producer_refused(&producer), PV_RULE_KEPT);
}

TEST_F(Ring, EveryPublishedByteIsTheMessages)
{
    for (uint32_t size = 16; size <= 256; size += 16) {
        const pv_ring_geometry geometry{4, size};
        RingMemory memory(geometry);
        attach(memory, geometry);
        // Of odd alignment on the private side.
        std::vector<unsigned char> messages(4 * size + 2, 0xee);
        for (uint32_t i = 0; i < 4; i++)
            write_pattern(&messages[1 + size_t{i} * size], 100 + i, size);
        ASSERT_EQ(pv_producer_put(&producer, messages.data() + 1, size, 4), 4U);
        for (uint32_t i = 0; i < 4 * size; i++)
            ASSERT_EQ(memory.byte(layout::slots + i), messages[1 + i]);
        pv_producer_publish_quietly(&producer);
        std::vector<unsigned char> to(4 * size + 2, 0xee);
        ASSERT_EQ(pv_consumer_take(&consumer, &to[1], size, 4), 4U);
        ASSERT_EQ(to, messages);
    }
}

TEST_F(Ring, UnpublishedIsUnseen)
{
    const pv_ring_geometry geometry{4, 16};
    RingMemory memory(geometry);
    const auto messages = messages_from(0, 4, 16);
    unsigned char to[64];
    attach(memory, geometry);
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), 16, 3), 3U);
    EXPECT_EQ(memory.word(layout::producer_index), 0U);
    EXPECT_EQ(pv_consumer_available(&consumer), 0U);
    EXPECT_EQ(pv_consumer_take(&consumer, to, 16, 4), 0U);
    EXPECT_FALSE(pv_producer_publish(&producer));
    EXPECT_EQ(memory.word(layout::producer_index), 3U);
    EXPECT_EQ(pv_consumer_available(&consumer), 3U);
    EXPECT_EQ(pv_consumer_take(&consumer, to, 16, 2), 2U);
    EXPECT_EQ(memory.word(layout::consumer_index), 0U) << "taken is not released";
    EXPECT_EQ(pv_producer_room(&producer), 1U);
    pv_consumer_release_quietly(&consumer);
    EXPECT_EQ(memory.word(layout::consumer_index), 2U);
    EXPECT_EQ(pv_producer_room(&producer), 3U);
}

// A size that is not the ring's moves nothing and reads nothing, even the one that a zeroed side has.
TEST_F(Ring, WrongMessageSizeMovesNothing)
{
    const pv_ring_geometry geometry{4, 32};
    RingMemory memory(geometry);
    const auto messages = messages_from(0, 8, 32);
    std::vector<unsigned char> to(1024, 0x77);
    attach(memory, geometry);
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), 32, 2), 2U);
    pv_producer_publish_quietly(&producer);
    const auto image = memory.image();
    memory.forbid();
    for (uint32_t size : {0U, 1U, 16U, 31U, 33U, 48U, 64U, 256U, 0x80000020U}) {
        EXPECT_EQ(pv_producer_put(&producer, messages.data(), size, 1), 0U) << size;
        EXPECT_EQ(pv_consumer_take(&consumer, to.data(), size, 1), 0U) << size;
    }
    memory.allow();
    EXPECT_EQ(memory.image(), image);
    EXPECT_EQ(to, std::vector<unsigned char>(1024, 0x77));
    EXPECT_EQ(pv_consumer_take(&consumer, to.data(), 32, 4), 2U);
    EXPECT_EQ(pv_producer_refused(&producer), PV_RULE_KEPT);
}

TEST_F(Ring, TakesNoMoreThanAskedFor)
{
    const pv_ring_geometry geometry{8, 16};
    RingMemory memory(geometry);
    const auto messages = messages_from(0, 8, 16);
    attach(memory, geometry);
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), 16, 8), 8U);
    pv_producer_publish_quietly(&producer);
    std::vector<unsigned char> to(64, 0x77);
    EXPECT_EQ(pv_consumer_take(&consumer, to.data(), 16, 0), 0U);
    EXPECT_EQ(to, std::vector<unsigned char>(64, 0x77));
    EXPECT_EQ(pv_consumer_take(&consumer, to.data(), 16, 3), 3U);
    EXPECT_EQ(std::vector<unsigned char>(to.begin() + 48, to.end()),
              std::vector<unsigned char>(16, 0x77));
}

// The reserved bytes of the control block stay zero, whatever both sides do.
TEST_F(Ring, ReservedControlStaysZero)
{
    const pv_ring_geometry geometry{2, 16};
    RingMemory memory(geometry);
    const auto messages = messages_from(0, 2, 16);
    unsigned char to[32];
    memory.set_word(layout::producer_index, 0xfffffffe);
    memory.set_word(layout::consumer_index, 0xfffffffe);
    attach(memory, geometry, 0xfffffffe);
    for (int round = 0; round < 4; round++) {
        static_cast<void>(pv_consumer_arm(&consumer, 2));
        ASSERT_EQ(pv_producer_put(&producer, messages.data(), 16, 2), 2U);
        static_cast<void>(pv_producer_publish(&producer));
        static_cast<void>(pv_producer_arm(&producer, 1));
        ASSERT_EQ(pv_consumer_take(&consumer, to, 16, 2), 2U);
        static_cast<void>(pv_consumer_release(&consumer));
    }
    pv_producer_close(&producer);
    pv_consumer_close(&consumer);
    for (uint32_t offset = 0; offset < layout::slots; offset += 4)
        switch (offset) {
        case layout::producer_index:
        case layout::consumer_index:
            EXPECT_EQ(memory.word(offset), 6U);
            break;
        case layout::producer_state:
        case layout::consumer_state:
            EXPECT_EQ(memory.word(offset), layout::closed);
            break;
        case layout::producer_event:
        case layout::consumer_event:
            break;
        default:
            EXPECT_EQ(memory.word(offset), 0U) << "at " << offset;
        }
}

// Our own words are ours: what the peer writes over them is never read back.
TEST_F(Ring, OwnWordsAreNotReadBack)
{
    const pv_ring_geometry geometry{4, 16};
    RingMemory memory(geometry);
    const auto messages = messages_from(0, 4, 16);
    unsigned char to[64];
    attach(memory, geometry);
    for (uint32_t round = 0; round < 20; round++) {
        memory.set_word(layout::producer_index, 0xdeadbeef);
        memory.set_word(layout::producer_state, 77);
        memory.set_word(layout::consumer_event, round * 2 + 1);
        ASSERT_EQ(pv_producer_put(&producer, messages.data(), 16, 2), 2U);
        ASSERT_TRUE(pv_producer_publish(&producer));
        ASSERT_FALSE(pv_producer_peer_closed(&producer));
        ASSERT_EQ(memory.word(layout::producer_index), round * 2 + 2);
        ASSERT_EQ(pv_producer_arm(&producer, 4), true);
        memory.set_word(layout::producer_state, layout::open);
        memory.set_word(layout::consumer_index, 0xdeadbeef);
        memory.set_word(layout::consumer_state, 77);
        memory.set_word(layout::producer_event, round * 2 + 1);
        ASSERT_EQ(pv_consumer_take(&consumer, to, 16, 4), 2U);
        ASSERT_TRUE(pv_consumer_release(&consumer));
        ASSERT_FALSE(pv_consumer_ended(&consumer));
        ASSERT_EQ(memory.word(layout::consumer_index), round * 2 + 2);
        memory.set_word(layout::consumer_state, layout::open);
    }
    EXPECT_EQ(pv_producer_refused(&producer), PV_RULE_KEPT);
    EXPECT_EQ(pv_consumer_refused(&consumer), PV_RULE_KEPT);
}

// The loud publication answers for the quiet ones before it.
TEST_F(Ring, QuietlyShowsWithoutAsking)
{
    const pv_ring_geometry geometry{8, 16};
    RingMemory memory(geometry);
    const auto messages = messages_from(0, 8, 16);
    attach(memory, geometry);
    ASSERT_TRUE(pv_consumer_arm(&consumer, 2));
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), 16, 1), 1U);
    pv_producer_publish_quietly(&producer);
    EXPECT_EQ(memory.word(layout::producer_index), 1U);
    EXPECT_TRUE(pv_producer_publish(&producer)) << "the peer may sleep since";
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), 16, 2), 2U);
    EXPECT_TRUE(pv_producer_publish(&producer));
    EXPECT_FALSE(pv_producer_publish(&producer));
}

} // namespace

} // namespace paravane::unit
