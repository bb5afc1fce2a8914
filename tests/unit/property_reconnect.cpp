// SPDX-License-Identifier: Apache-2.0
//
// A side that died at any point and comes back at the index of its log.
#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "message.hpp"
#include "property.hpp"
#include "ring_memory.hpp"
#include "starts.hpp"

namespace paravane::unit {

namespace {

constexpr uint32_t slot_size = 16;

class Reconnect {
  public:
    Reconnect(RingMemory &memory, uint32_t slots, uint32_t start)
        : memory_(memory), geometry_{slots, slot_size}, sent_(start), taken_(start)
    {
        memory_.set_word(layout::producer_index, start);
        memory_.set_word(layout::consumer_index, start);
        memory_.set_word(layout::producer_event, 0);
        memory_.set_word(layout::consumer_event, 0);
        producer_attaches();
        consumer_attaches();
    }

    void producer_attaches()
    {
        ASSERT_EQ(pv_producer_attach(&producer_, memory_.at(), memory_.bytes(), geometry_, sent_,
                                     &violations_),
                  PV_RULE_KEPT);
        ASSERT_EQ(memory_.word(layout::producer_index), sent_);
    }

    void consumer_attaches()
    {
        ASSERT_EQ(pv_consumer_attach(&consumer_, memory_.at(), memory_.bytes(), geometry_, taken_,
                                     &violations_),
                  PV_RULE_KEPT);
        ASSERT_EQ(memory_.word(layout::consumer_index), taken_);
    }

    void send(uint32_t count)
    {
        const auto messages = messages_from(sent_, count, slot_size);
        ASSERT_EQ(pv_producer_put(&producer_, messages.data(), slot_size, count), count);
        pv_producer_publish_quietly(&producer_);
        sent_ += count;
    }

    void receive(uint32_t count)
    {
        for (uint32_t i = 0; i < count; i++) {
            unsigned char to[slot_size];
            ASSERT_EQ(pv_consumer_take(&consumer_, to, slot_size, 1), 1U);
            ASSERT_TRUE(is_pattern(to, taken_++, slot_size));
        }
        pv_consumer_release_quietly(&consumer_);
    }

    // What was put or taken but never shown dies with its side.
    void put_in_vain(uint32_t count)
    {
        const auto messages = messages_from(sent_ + 1000, count, slot_size);
        ASSERT_EQ(pv_producer_put(&producer_, messages.data(), slot_size, count), count);
    }
    void take_in_vain(uint32_t count)
    {
        unsigned char to[8 * slot_size];
        ASSERT_EQ(pv_consumer_take(&consumer_, to, slot_size, count), count);
    }

    // All that is left, then a ring full, in order; and nobody was refused on the way.
    void finish()
    {
        receive(sent_ - taken_);
        send(geometry_.slots);
        receive(geometry_.slots);
        ASSERT_EQ(pv_producer_refused(&producer_), PV_RULE_KEPT);
        ASSERT_EQ(pv_consumer_refused(&consumer_), PV_RULE_KEPT);
        ASSERT_EQ(pv_producer_room(&producer_), geometry_.slots);
    }

  private:
    RingMemory &memory_;
    pv_ring_geometry geometry_;
    pv_violations violations_ = {};
    pv_producer producer_ = {};
    pv_consumer consumer_ = {};
    uint32_t sent_;
    uint32_t taken_;
};

enum class Dies { producer, consumer, both };

void die_and_return(RingMemory &memory, uint32_t slots, uint32_t start, uint32_t sent,
                    uint32_t taken, uint32_t vain, Dies who)
{
    Reconnect ring(memory, slots, start);
    ring.send(sent);
    ring.receive(taken);
    if (who != Dies::consumer)
        ring.put_in_vain(std::min(vain, slots - sent + taken));
    if (who != Dies::producer)
        ring.take_in_vain(std::min(vain, sent - taken));
    if (who != Dies::consumer)
        ring.producer_attaches();
    if (who != Dies::producer)
        ring.consumer_attaches();
    ring.finish();
}

PARAVANE_PROPERTY(reconnect_loses_and_doubles_nothing, "reconnect-loses-and-doubles-nothing")
{
    for (uint32_t slots : {2U, 4U, 8U}) {
        RingMemory memory(pv_ring_geometry{slots, slot_size});
        for (uint32_t start : starts)
            for (uint32_t sent = 0; sent <= slots; sent++)
                for (uint32_t taken = 0; taken <= sent; taken++)
                    for (uint32_t vain = 0; vain <= slots; vain++)
                        for (Dies who : {Dies::producer, Dies::consumer, Dies::both}) {
                            die_and_return(memory, slots, start, sent, taken, vain, who);
                            if (testing::Test::HasFatalFailure())
                                return;
                        }
    }
}

} // namespace

} // namespace paravane::unit
