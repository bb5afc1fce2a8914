// SPDX-License-Identifier: Apache-2.0
//
// arm(), close() and coming back, where one example says more than all of them.
#include <cstring>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "message.hpp"
#include "ring_memory.hpp"

namespace paravane::unit {

namespace {

constexpr pv_ring_geometry four{4, 16};

class Sleep : public testing::Test {
  protected:
    void SetUp() override
    {
        ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), four, 0, &violations),
                  PV_RULE_KEPT);
        ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, 0, &violations),
                  PV_RULE_KEPT);
    }

    uint32_t send(uint32_t count)
    {
        const auto messages = messages_from(0, count, 16);
        const uint32_t done = pv_producer_put(&producer, messages.data(), 16, count);
        pv_producer_publish_quietly(&producer);
        return done;
    }

    uint32_t receive(uint32_t most)
    {
        unsigned char to[64];
        const uint32_t done = pv_consumer_take(&consumer, to, 16, most);
        pv_consumer_release_quietly(&consumer);
        return done;
    }

    RingMemory memory{four};
    pv_violations violations = {};
    pv_producer producer = {};
    pv_consumer consumer = {};
};

TEST_F(Sleep, ArmCountsNothingAsOneAndTooManyAsAll)
{
    EXPECT_TRUE(pv_consumer_arm(&consumer, 0));
    EXPECT_EQ(memory.word(layout::consumer_event), 1U);
    for (uint32_t wanted : {4U, 5U, 0x80000000U, UINT32_MAX}) {
        EXPECT_TRUE(pv_consumer_arm(&consumer, wanted));
        EXPECT_EQ(memory.word(layout::consumer_event), 4U);
    }
    ASSERT_EQ(send(4), 4U);
    EXPECT_FALSE(pv_consumer_arm(&consumer, UINT32_MAX));
    EXPECT_TRUE(pv_producer_arm(&producer, 0));
    EXPECT_EQ(memory.word(layout::producer_event), 1U);
    for (uint32_t wanted : {4U, 5U, 0x80000000U, UINT32_MAX}) {
        EXPECT_TRUE(pv_producer_arm(&producer, wanted));
        EXPECT_EQ(memory.word(layout::producer_event), 4U);
    }
    ASSERT_EQ(receive(4), 4U);
    EXPECT_FALSE(pv_producer_arm(&producer, UINT32_MAX));
}

// The peer may wait for what a side holds back: it is to be shown before anybody sleeps.
TEST_F(Sleep, NobodySleepsWithSomethingToShow)
{
    const auto messages = messages_from(0, 4, 16);
    unsigned char to[64];
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), 16, 4), 4U);
    const auto put = memory.image();
    EXPECT_FALSE(pv_producer_arm(&producer, 1));
    EXPECT_EQ(memory.image(), put) << "no event is left behind";
    static_cast<void>(pv_producer_publish(&producer));
    EXPECT_TRUE(pv_producer_arm(&producer, 1));
    ASSERT_EQ(pv_consumer_take(&consumer, to, 16, 4), 4U);
    const auto taken = memory.image();
    EXPECT_FALSE(pv_consumer_arm(&consumer, 1));
    EXPECT_EQ(memory.image(), taken);
    EXPECT_TRUE(pv_consumer_release(&consumer));
    EXPECT_TRUE(pv_consumer_arm(&consumer, 1));
}

// Whoever slept while something was shown quietly is notified by the next that is not.
TEST_F(Sleep, QuietIsMadeUpFor)
{
    const auto messages = messages_from(0, 4, 16);
    unsigned char to[64];
    ASSERT_TRUE(pv_consumer_arm(&consumer, 1));
    pv_producer_publish_quietly(&producer);
    EXPECT_FALSE(pv_producer_publish(&producer)) << "nothing was shown";
    ASSERT_EQ(send(1), 1U);
    EXPECT_TRUE(pv_producer_publish(&producer)) << "nothing new, but somebody may sleep";
    EXPECT_FALSE(pv_producer_publish(&producer)) << "once";
    ASSERT_EQ(send(2), 2U);
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), 16, 1), 1U);
    EXPECT_TRUE(pv_producer_publish(&producer));
    EXPECT_EQ(memory.word(layout::producer_index), 4U);
    ASSERT_TRUE(pv_producer_arm(&producer, 3));
    ASSERT_EQ(receive(1), 1U);
    ASSERT_EQ(pv_consumer_take(&consumer, to, 16, 1), 1U);
    EXPECT_TRUE(pv_consumer_release(&consumer));
    EXPECT_FALSE(pv_consumer_release(&consumer));
    ASSERT_EQ(receive(1), 1U);
    ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, 3, &violations),
              PV_RULE_KEPT);
    EXPECT_FALSE(pv_consumer_release(&consumer)) << "an attach is notified of anyway";
}

TEST_F(Sleep, ArmLooksAgain)
{
    ASSERT_EQ(receive(4), 0U);
    ASSERT_EQ(send(1), 1U);
    EXPECT_FALSE(pv_consumer_arm(&consumer, 1)) << "what came since the last look is there";
    EXPECT_TRUE(pv_consumer_arm(&consumer, 2));
    ASSERT_EQ(send(3), 3U);
    ASSERT_EQ(receive(1), 1U);
    EXPECT_FALSE(pv_producer_arm(&producer, 1)) << "what was released since the last look is room";
}

// What arm() looks at again may be the first that breaks a rule: nobody would ever wake the sleeper.
TEST_F(Sleep, NobodySleepsOnARingRefusedByTheLastLook)
{
    memory.set_word(layout::producer_index, 5);
    EXPECT_FALSE(pv_consumer_arm(&consumer, 1));
    EXPECT_EQ(pv_consumer_refused(&consumer), PV_RULE_PRODUCER_PAST);
    memory.set_word(layout::consumer_index, 1);
    EXPECT_FALSE(pv_producer_arm(&producer, 4));
    EXPECT_EQ(pv_producer_refused(&producer), PV_RULE_CONSUMER_PAST);
}

TEST_F(Sleep, NobodySleepsOnAClosedRing)
{
    pv_producer_close(&producer);
    EXPECT_FALSE(pv_consumer_arm(&consumer, 1));
    EXPECT_TRUE(pv_consumer_ended(&consumer));
    ASSERT_EQ(send(4), 4U);
    pv_consumer_close(&consumer);
    EXPECT_FALSE(pv_producer_arm(&producer, 1));
    EXPECT_TRUE(pv_producer_peer_closed(&producer));
    EXPECT_EQ(send(1), 0U);
    EXPECT_EQ(pv_producer_refused(&producer), PV_RULE_KEPT);
}

TEST_F(Sleep, ClosedConsumerLeavesTheRoomItGave)
{
    ASSERT_EQ(send(4), 4U);
    ASSERT_EQ(receive(2), 2U);
    pv_consumer_close(&consumer);
    EXPECT_TRUE(pv_producer_peer_closed(&producer));
    EXPECT_EQ(pv_producer_room(&producer), 2U);
    EXPECT_EQ(send(4), 2U);
    EXPECT_TRUE(pv_producer_peer_closed(&producer));
}

TEST_F(Sleep, EndComesAfterTheLastMessage)
{
    EXPECT_FALSE(pv_consumer_ended(&consumer));
    ASSERT_EQ(send(2), 2U);
    pv_producer_close(&producer);
    EXPECT_FALSE(pv_consumer_ended(&consumer)) << "two to take";
    ASSERT_EQ(receive(1), 1U);
    EXPECT_FALSE(pv_consumer_ended(&consumer)) << "one to take";
    ASSERT_EQ(receive(4), 1U);
    EXPECT_TRUE(pv_consumer_ended(&consumer));
    EXPECT_TRUE(pv_consumer_ended(&consumer));
}

// An end is for ever: who attaches again after it is closed still.
TEST_F(Sleep, AttachDoesNotReopen)
{
    pv_producer_close(&producer);
    pv_consumer_close(&consumer);
    ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), four, 0, &violations),
              PV_RULE_KEPT);
    ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, 0, &violations),
              PV_RULE_KEPT);
    EXPECT_EQ(memory.word(layout::producer_state), layout::closed);
    EXPECT_EQ(memory.word(layout::consumer_state), layout::closed);
    EXPECT_TRUE(pv_producer_peer_closed(&producer));
    EXPECT_TRUE(pv_consumer_ended(&consumer));
}

// A side comes back at its own index, not at what stands in memory, and leaves the peer's line alone.
TEST_F(Sleep, ReattachWritesItsOwnIndexOnly)
{
    ASSERT_EQ(send(3), 3U);
    ASSERT_EQ(receive(1), 1U);
    ASSERT_TRUE(pv_consumer_arm(&consumer, 4));
    memory.set_word(layout::consumer_index, 0x12345678);
    auto expected = memory.image();
    ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, 1, &violations),
              PV_RULE_KEPT);
    expected[layout::consumer_index] = 1;
    expected[layout::consumer_index + 1] = expected[layout::consumer_index + 2] =
        expected[layout::consumer_index + 3] = 0;
    EXPECT_EQ(memory.image(), expected);
    EXPECT_EQ(receive(4), 2U);
}

// Whatever lay in a side's memory before: attach sets all of it.
TEST_F(Sleep, AttachLeavesNothingOfBefore)
{
    const pv_side first = consumer.side;
    std::memset(&consumer, 0xff, sizeof(consumer));
    ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, 0, &violations),
              PV_RULE_KEPT);
    EXPECT_EQ(consumer.side.memory.address, first.memory.address);
    EXPECT_EQ(consumer.side.violations, first.violations);
    EXPECT_EQ(consumer.side.slots, first.slots);
    EXPECT_EQ(consumer.side.slot_size, first.slot_size);
    EXPECT_EQ(consumer.side.next, first.next);
    EXPECT_EQ(consumer.side.shown, first.shown);
    EXPECT_EQ(consumer.side.seen, first.seen);
    EXPECT_FALSE(consumer.side.peer_closed);
    EXPECT_FALSE(consumer.side.quiet);
    EXPECT_EQ(consumer.side.refused, PV_RULE_KEPT);
    std::memset(&consumer, 0xff, sizeof(consumer));
    ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), 0, four, 0, &violations), PV_RULE_MEMORY);
    EXPECT_EQ(consumer.side.slots, 0U);
    EXPECT_EQ(consumer.side.next, consumer.side.shown);
    EXPECT_EQ(consumer.side.next, consumer.side.seen);
    EXPECT_FALSE(consumer.side.peer_closed);
    EXPECT_FALSE(consumer.side.quiet);
}

// A refused side leaves no trace of an attach in the peer's sight.
TEST_F(Sleep, RefusedAttachWritesNothing)
{
    memory.set_word(layout::producer_index, 17);
    memory.set_word(layout::consumer_index, 17);
    const auto image = memory.image();
    EXPECT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, 0, &violations),
              PV_RULE_PRODUCER_PAST);
    EXPECT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), four, 0, &violations),
              PV_RULE_CONSUMER_PAST);
    EXPECT_EQ(memory.image(), image);
}

// The same memory, formatted again, is a ring again: nothing of the refusal is left but its count.
TEST_F(Sleep, FreshAttachAfterRefusalWorks)
{
    memory.set_word(layout::producer_index, 5);
    EXPECT_EQ(pv_consumer_available(&consumer), 0U);
    EXPECT_EQ(pv_consumer_refused(&consumer), PV_RULE_PRODUCER_PAST);
    pv_ring_format(memory.at(), memory.bytes());
    SetUp();
    EXPECT_EQ(pv_consumer_refused(&consumer), PV_RULE_KEPT);
    EXPECT_EQ(send(4), 4U);
    EXPECT_EQ(receive(4), 4U);
    EXPECT_EQ(violations.count[PV_RULE_PRODUCER_PAST], 1U);
}

// Never attached, all zero: as good as refused, and no memory behind it.
TEST(Unattached, MovesNothingAndTouchesNothing)
{
    const unsigned char messages[64] = {};
    unsigned char to[64];
    pv_producer producer = {};
    pv_consumer consumer = {};
    for (uint32_t size : {0U, 16U}) {
        EXPECT_EQ(pv_producer_put(&producer, messages, size, 4), 0U);
        EXPECT_EQ(pv_consumer_take(&consumer, to, size, 4), 0U);
    }
    EXPECT_EQ(pv_producer_room(&producer), 0U);
    EXPECT_EQ(pv_consumer_available(&consumer), 0U);
    EXPECT_FALSE(pv_producer_publish(&producer));
    EXPECT_FALSE(pv_consumer_release(&consumer));
    pv_producer_publish_quietly(&producer);
    pv_consumer_release_quietly(&consumer);
    EXPECT_FALSE(pv_producer_arm(&producer, 1));
    EXPECT_FALSE(pv_consumer_arm(&consumer, 1));
    EXPECT_FALSE(pv_producer_peer_closed(&producer));
    EXPECT_FALSE(pv_consumer_ended(&consumer));
    pv_producer_close(&producer);
    pv_consumer_close(&consumer);
    EXPECT_EQ(pv_producer_refused(&producer), PV_RULE_KEPT);

    pv_stream_writer writer = {};
    pv_stream_reader reader = {};
    EXPECT_EQ(pv_stream_write(&writer, messages, 64), 0U);
    EXPECT_EQ(pv_stream_write(&writer, messages, 0), 0U);
    EXPECT_EQ(pv_stream_read(&reader, to, 64), 0U);
    EXPECT_FALSE(pv_stream_publish(&writer));
    EXPECT_FALSE(pv_stream_release(&reader));
    EXPECT_FALSE(pv_stream_writer_arm(&writer, 1));
    EXPECT_FALSE(pv_stream_reader_arm(&reader, 1));
    EXPECT_FALSE(pv_stream_writer_peer_closed(&writer));
    EXPECT_FALSE(pv_stream_reader_ended(&reader));
    pv_stream_writer_close(&writer);
    pv_stream_reader_close(&reader);
}

} // namespace

} // namespace paravane::unit
