// SPDX-License-Identifier: Apache-2.0
//
// Closing, reopening, and what else a control block may hold.
#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "message.hpp"
#include "property.hpp"
#include "ring_memory.hpp"
#include "starts.hpp"

namespace paravane::unit {

namespace {

constexpr uint32_t slot_size = 16;
constexpr pv_ring_geometry four{4, slot_size};

std::set<uint32_t> states()
{
    std::set<uint32_t> values;
    for (uint32_t bit = 0; bit < 32; bit++)
        for (uint32_t low = 0; low < 3; low++)
            values.insert((1U << bit) + low - 1);
    values.insert(0xffffffff);
    return values;
}

// Every state word after every state word: as legal as 0 to 0, 0 to 1 and 1 to 1 are.
PARAVANE_PROPERTY(state_accepted_iff_open_then_closed, "state-accepted-iff-open-then-closed")
{
    RingMemory memory(four);
    for (uint32_t first : states())
        for (uint32_t second : states()) {
            pv_violations violations = {};
            pv_producer producer = {};
            pv_consumer consumer = {};
            memory.set_word(layout::producer_state, 0);
            memory.set_word(layout::consumer_state, 0);
            ASSERT_EQ(
                pv_producer_attach(&producer, memory.at(), memory.bytes(), four, 0, &violations),
                PV_RULE_KEPT);
            ASSERT_EQ(
                pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, 0, &violations),
                PV_RULE_KEPT);
            pv_rule expected = PV_RULE_KEPT;
            bool was_closed = false;
            for (uint32_t state : {first, second}) {
                memory.set_word(layout::producer_state, state);
                memory.set_word(layout::consumer_state, state);
                if (expected == PV_RULE_KEPT && state > layout::closed)
                    expected = PV_RULE_STATE;
                else if (expected == PV_RULE_KEPT && was_closed && state == layout::open)
                    expected = PV_RULE_REOPENED;
                was_closed = state == layout::closed;
                const bool closed = expected == PV_RULE_KEPT && state == layout::closed;
                ASSERT_EQ(pv_producer_peer_closed(&producer), closed) << first << ", " << second;
                ASSERT_EQ(pv_consumer_ended(&consumer), closed) << first << ", " << second;
                ASSERT_EQ(pv_producer_refused(&producer), expected) << first << ", " << second;
                ASSERT_EQ(pv_consumer_refused(&consumer), expected) << first << ", " << second;
            }
        }
}

// All orders of publishing one, closing, taking one and asking: the end is seen when the producer
// has closed and all is taken, and not before.
PARAVANE_PROPERTY(end_is_closed_and_drained, "end-is-closed-and-drained")
{
    enum Step { publish_one, close, take_one, ask, steps };
    constexpr unsigned int length = 7;
    const auto message = messages_from(0, 1, slot_size);
    RingMemory memory(four);
    uint64_t sequences = 1;
    for (unsigned int i = 0; i < length; i++)
        sequences *= steps;
    for (uint32_t start : {0U, 0xfffffffeU})
        for (uint64_t sequence = 0; sequence < sequences; sequence++) {
            pv_violations violations = {};
            pv_producer producer = {};
            pv_consumer consumer = {};
            unsigned char to[slot_size];
            uint32_t there = 0;
            bool closed = false;
            memory.set_word(layout::producer_index, start);
            memory.set_word(layout::consumer_index, start);
            memory.set_word(layout::producer_state, layout::open);
            ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), four, start,
                                         &violations),
                      PV_RULE_KEPT);
            ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, start,
                                         &violations),
                      PV_RULE_KEPT);
            uint64_t rest = sequence;
            for (unsigned int i = 0; i < length; i++, rest /= steps)
                switch (rest % steps) {
                case publish_one:
                    if (!closed)
                        there += pv_producer_put(&producer, message.data(), slot_size, 1);
                    pv_producer_publish_quietly(&producer);
                    break;
                case close:
                    pv_producer_close(&producer);
                    closed = true;
                    break;
                case take_one:
                    ASSERT_EQ(pv_consumer_take(&consumer, to, slot_size, 1), there > 0 ? 1U : 0U);
                    there -= there > 0 ? 1 : 0;
                    pv_consumer_release_quietly(&consumer);
                    break;
                default:
                    ASSERT_EQ(pv_consumer_ended(&consumer), closed && there == 0) << sequence;
                    ASSERT_EQ(pv_consumer_arm(&consumer, 1), !closed && there == 0) << sequence;
                    break;
                }
            ASSERT_EQ(pv_consumer_refused(&consumer), PV_RULE_KEPT);
        }
}

// A closed producer's last publication is never lost, wherever the consumer's knowledge stood.
PARAVANE_PROPERTY(moved_after_close_is_refused, "moved-after-close-is-refused")
{
    RingMemory memory(four);
    for (uint32_t start : starts)
        for (uint32_t at_close = 0; at_close <= 4; at_close++)
            for (uint32_t later = 0; later <= 4; later++) {
                pv_violations violations = {};
                pv_consumer consumer = {};
                pv_producer producer = {};
                memory.set_word(layout::consumer_index, start);
                memory.set_word(layout::consumer_state, layout::open);
                ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), four,
                                             start + 4, &violations),
                          PV_RULE_KEPT);
                memory.set_word(layout::consumer_index, start + at_close);
                memory.set_word(layout::consumer_state, layout::closed);
                ASSERT_TRUE(pv_producer_peer_closed(&producer));
                memory.set_word(layout::consumer_index, start + later);
                ASSERT_EQ(pv_producer_room(&producer), later == at_close ? at_close : 0);
                ASSERT_EQ(pv_producer_refused(&producer), later == at_close ? PV_RULE_KEPT
                                                          : later < at_close
                                                              ? PV_RULE_CONSUMER_BACK
                                                              : PV_RULE_MOVED_CLOSED);

                memory.set_word(layout::producer_index, start);
                memory.set_word(layout::producer_state, layout::open);
                ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, start,
                                             &violations),
                          PV_RULE_KEPT);
                memory.set_word(layout::producer_index, start + at_close);
                memory.set_word(layout::producer_state, layout::closed);
                ASSERT_EQ(pv_consumer_ended(&consumer), at_close == 0);
                memory.set_word(layout::producer_index, start + later);
                ASSERT_EQ(pv_consumer_available(&consumer), later == at_close ? at_close : 0);
                ASSERT_EQ(pv_consumer_refused(&consumer), later == at_close ? PV_RULE_KEPT
                                                          : later < at_close
                                                              ? PV_RULE_PRODUCER_BACK
                                                              : PV_RULE_MOVED_CLOSED);
            }
}

bool is_live(uint32_t offset)
{
    const uint32_t word = offset / 4 * 4;
    return word == layout::producer_index || word == layout::producer_state ||
           word == layout::producer_event || word == layout::consumer_index ||
           word == layout::consumer_state || word == layout::consumer_event;
}

// Every bit of the control block: reserved ones of the peer's refuse the ring, our own do not.
PARAVANE_PROPERTY(reserved_bit_of_the_peer_is_refused, "reserved-bit-of-the-peer-is-refused")
{
    RingMemory memory(four);
    for (uint32_t offset = 0; offset < layout::slots; offset++)
        for (unsigned int bit = 0; bit < 8; bit++) {
            const bool of_producer = offset < layout::consumer_index;
            pv_violations violations = {};
            pv_producer producer = {};
            pv_consumer consumer = {};
            memory.restore(std::vector<unsigned char>(memory.bytes()));
            memory.set_byte(offset, static_cast<unsigned char>(1U << bit));
            const pv_rule by_consumer =
                pv_consumer_attach(&consumer, memory.at(), memory.bytes(), four, 0, &violations);
            memory.restore(std::vector<unsigned char>(memory.bytes()));
            memory.set_byte(offset, static_cast<unsigned char>(1U << bit));
            const pv_rule by_producer =
                pv_producer_attach(&producer, memory.at(), memory.bytes(), four, 0, &violations);
            ASSERT_EQ(by_consumer == PV_RULE_RESERVED_CONTROL, of_producer && !is_live(offset))
                << "byte " << offset << ", bit " << bit;
            ASSERT_EQ(by_producer == PV_RULE_RESERVED_CONTROL, !of_producer && !is_live(offset))
                << "byte " << offset << ", bit " << bit;
        }
}

} // namespace

} // namespace paravane::unit
