// SPDX-License-Identifier: Apache-2.0
//
// Peer<T> and the typed rings: what they let through, mostly by what does not compile.
#include <array>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>
#include <paravane/peer.hpp>
#include <paravane/ring.hpp>

#include "layout.hpp"
#include "ring_memory.hpp"

extern "C" {
#include <paravane/blk.h>
#include <paravane/console.h>
#include <paravane/net.h>
}

namespace paravane::unit {

namespace {

struct Message {
    uint64_t sequence;
    uint64_t check;
};

struct PaddedInside {
    uint8_t small;
    uint32_t large;
    uint64_t rest;
};

struct PaddedAtTheEnd {
    uint64_t large;
    uint32_t small;
};

struct NotWholeWords {
    uint32_t word;
};

struct WithConstructor {
    WithConstructor() : word(0) {}
    uint64_t word;
};

struct WithDestructor {
    ~WithDestructor() { word = 0; }
    uint64_t word;
};

struct WithFloat {
    double number;
};

struct Odd24 {
    uint64_t words[3];
};

struct Large272 {
    uint64_t words[34];
};

static_assert(WireMessage<Message>);
static_assert(WireMessage<pv_blk_request> && WireMessage<pv_blk_response>);
static_assert(WireMessage<pv_net_request> && WireMessage<pv_net_response>);
static_assert(WireMessage<pv_console_event> && WireMessage<pv_segment>);
static_assert(!WireMessage<PaddedInside>, "padding would publish what nobody wrote");
static_assert(!WireMessage<PaddedAtTheEnd>);
static_assert(!WireMessage<NotWholeWords>);
static_assert(!WireMessage<WithConstructor> && !WireMessage<WithDestructor>);
static_assert(!WireMessage<WithFloat>, "not every pattern of bits is one value");

static_assert(SlotMessage<Message> && SlotMessage<pv_blk_request>);
static_assert(WireMessage<Odd24> && !SlotMessage<Odd24>, "slots are multiples of 16 bytes");
static_assert(WireMessage<Large272> && !SlotMessage<Large272>);
static_assert(WireMessage<pv_le64> && !SlotMessage<pv_le64>, "8 bytes are no slot");

// Two copies would be two owners of one index.
static_assert(!std::copyable<Producer<Message>> && !std::copyable<Consumer<Message>>);

template <typename P>
concept ReadAsLvalue = requires(P &peer)
{
    peer.copy_out();
};
template <typename P>
concept ReadAsRvalue = requires(P &peer)
{
    std::move(peer).copy_out();
};
template <typename P>
concept HasArrow = requires(P &peer)
{
    peer.operator->();
};
template <typename P>
concept HasStar = requires(P &peer)
{
    *peer;
};
template <typename T>
concept MayBePeer = requires
{
    typename Peer<T>;
};

using PeerMessage = Peer<Message>;

static_assert(!std::copyable<PeerMessage> && !std::movable<PeerMessage>);
static_assert(!std::is_copy_constructible_v<PeerMessage> &&
              !std::is_copy_assignable_v<PeerMessage>);
static_assert(!std::is_move_constructible_v<PeerMessage> &&
              !std::is_move_assignable_v<PeerMessage>);
static_assert(!std::is_default_constructible_v<PeerMessage>);
static_assert(!std::is_convertible_v<pv_shared, PeerMessage>, "only on purpose");
static_assert(!std::is_convertible_v<PeerMessage, Message> &&
              !std::is_convertible_v<PeerMessage, pv_shared>);
static_assert(!ReadAsLvalue<PeerMessage> && ReadAsRvalue<PeerMessage>,
              "a read consumes the handle");
static_assert(!HasArrow<PeerMessage> && !HasStar<PeerMessage>);
static_assert(MayBePeer<Message> && !MayBePeer<PaddedInside> && !MayBePeer<int>);
static_assert(std::same_as<decltype(std::declval<PeerMessage>().copy_out()), Message>);
// An address and nothing to follow it by.
static_assert(!std::is_convertible_v<pv_shared, void *> &&
              !std::is_pointer_v<decltype(pv_shared::address)>);

TEST(PeerOf, CopiesOutWhatWasThere)
{
    RingMemory memory(4096);
    for (uint32_t i = 0; i < 16; i++)
        memory.set_byte(128 + i, static_cast<unsigned char>(i + 1));
    Peer<Message> peer(memory.at(128));
    const Message copy = std::move(peer).copy_out();
    for (uint32_t i = 0; i < 16; i++)
        memory.set_byte(128 + i, 0xff);
    EXPECT_EQ(copy.sequence, 0x0807060504030201U);
    EXPECT_EQ(copy.check, 0x100f0e0d0c0b0a09U);
}

class TypedRing : public testing::Test {
  protected:
    void SetUp() override
    {
        const RingPlace place{memory.at(), memory.bytes(), 4};
        ASSERT_EQ(producer.attach(place, 0, violations), PV_RULE_KEPT);
        ASSERT_EQ(consumer.attach(place, 0, violations), PV_RULE_KEPT);
    }

    RingMemory memory{pv_ring_geometry{4, sizeof(Message)}};
    pv_violations violations = {};
    Producer<Message> producer;
    Consumer<Message> consumer;
};

TEST_F(TypedRing, CarriesMessages)
{
    std::array<Message, 3> to = {};
    Message one = {};
    EXPECT_TRUE(consumer.arm());
    EXPECT_TRUE(producer.put(Message{1, ~uint64_t{1}}));
    EXPECT_EQ(producer.put(std::array<Message, 2>{Message{2, 0}, Message{3, 0}}), 2U);
    EXPECT_TRUE(producer.publish());
    EXPECT_EQ(producer.room(), 1U);
    EXPECT_EQ(consumer.available(), 3U);
    EXPECT_TRUE(consumer.take(one));
    EXPECT_EQ(one.check, ~uint64_t{1});
    EXPECT_EQ(consumer.take(to), 2U);
    EXPECT_EQ(to[1].sequence, 3U);
    EXPECT_FALSE(consumer.take(one));
    EXPECT_TRUE(producer.arm(4));
    EXPECT_TRUE(consumer.release());
    EXPECT_FALSE(producer.arm(4));
    EXPECT_FALSE(producer.peer_closed());
    EXPECT_FALSE(consumer.ended());
    producer.close();
    EXPECT_TRUE(consumer.ended());
    consumer.close();
    EXPECT_TRUE(producer.peer_closed());
    EXPECT_EQ(producer.refused(), PV_RULE_KEPT);
    EXPECT_EQ(consumer.refused(), PV_RULE_KEPT);
}

TEST_F(TypedRing, ShowsQuietly)
{
    Message one = {};
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_TRUE(producer.put(Message{i, 0}));
    EXPECT_FALSE(producer.put(Message{4, 0}));
    producer.publish_quietly();
    EXPECT_TRUE(consumer.take(one));
    consumer.release_quietly();
    EXPECT_TRUE(producer.put(Message{4, 0}));
}

TEST_F(TypedRing, RefusesByRule)
{
    Message one = {};
    memory.set_word(layout::producer_index, 5);
    EXPECT_FALSE(consumer.take(one));
    EXPECT_EQ(consumer.refused(), PV_RULE_PRODUCER_PAST);
    memory.set_word(layout::consumer_index, 1);
    EXPECT_EQ(producer.room(), 0U);
    EXPECT_EQ(producer.refused(), PV_RULE_CONSUMER_PAST);
    EXPECT_EQ(producer.attach({memory.at(), memory.bytes() - 1, 4}, 0, violations), PV_RULE_MEMORY);
    EXPECT_EQ(consumer.attach({memory.at(), memory.bytes(), 3}, 0, violations), PV_RULE_SLOTS);
    EXPECT_EQ(violations.count[PV_RULE_MEMORY], 1U);
}

TEST(TypedRings, MoveNothingBeforeAttach)
{
    Producer<Message> producer;
    Consumer<Message> consumer;
    Message one = {};
    EXPECT_FALSE(producer.put(Message{}));
    EXPECT_FALSE(producer.publish());
    EXPECT_FALSE(consumer.take(one));
    EXPECT_FALSE(consumer.arm());
}

} // namespace

} // namespace paravane::unit
