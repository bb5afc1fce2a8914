// SPDX-License-Identifier: Apache-2.0
//
// When a side must notify, and that whoever sleeps by arm() is woken.
#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "property.hpp"
#include "ring_memory.hpp"
#include "starts.hpp"

namespace paravane::unit {

namespace {

constexpr uint32_t slot_size = 16;
constexpr pv_ring_geometry sixteen{16, slot_size};
constexpr unsigned char messages[16 * slot_size] = {};

// Is there an index from after `old` up to `now` that is `event`? In signed numbers about a base.
bool passes(int old, int now, int event)
{
    return event > old && event <= now;
}

PARAVANE_PROPERTY(publish_notifies_iff_event_passed, "publish-notifies-iff-event-passed")
{
    RingMemory memory(sixteen);
    for (uint32_t base : starts)
        for (int old = -6; old <= 6; old++)
            for (int now = old; now <= 6; now++)
                for (int event = -6; event <= 6; event++) {
                    pv_violations violations = {};
                    pv_producer producer = {};
                    const uint32_t at = base + static_cast<uint32_t>(old);
                    const auto count = static_cast<uint32_t>(now - old);
                    memory.set_word(layout::consumer_index, at);
                    memory.set_word(layout::consumer_event, base + static_cast<uint32_t>(event));
                    ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), sixteen,
                                                 at, &violations),
                              PV_RULE_KEPT);
                    ASSERT_EQ(pv_producer_put(&producer, messages, slot_size, count), count);
                    ASSERT_EQ(pv_producer_publish(&producer), passes(old, now, event))
                        << "base " << base << ", from " << old << " to " << now << ", event "
                        << event;
                    ASSERT_EQ(memory.word(layout::producer_index),
                              base + static_cast<uint32_t>(now));
                    ASSERT_FALSE(pv_producer_publish(&producer)) << "nothing new, no reason";
                }
}

PARAVANE_PROPERTY(release_notifies_iff_event_passed, "release-notifies-iff-event-passed")
{
    unsigned char taken[16 * slot_size];
    RingMemory memory(sixteen);
    for (uint32_t base : starts)
        for (int old = -6; old <= 6; old++)
            for (int now = old; now <= 6; now++)
                for (int event = -6; event <= 6; event++) {
                    pv_violations violations = {};
                    pv_consumer consumer = {};
                    const uint32_t at = base + static_cast<uint32_t>(old);
                    const auto count = static_cast<uint32_t>(now - old);
                    memory.set_word(layout::producer_index, at + count);
                    memory.set_word(layout::producer_event, base + static_cast<uint32_t>(event));
                    ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), sixteen,
                                                 at, &violations),
                              PV_RULE_KEPT);
                    ASSERT_EQ(pv_consumer_take(&consumer, taken, slot_size, 16), count);
                    ASSERT_EQ(pv_consumer_release(&consumer), passes(old, now, event))
                        << "base " << base << ", from " << old << " to " << now << ", event "
                        << event;
                    ASSERT_EQ(memory.word(layout::consumer_index),
                              base + static_cast<uint32_t>(now));
                    ASSERT_FALSE(pv_consumer_release(&consumer)) << "nothing new, no reason";
                }
}

struct Pair {
    pv_producer producer = {};
    pv_consumer consumer = {};
    pv_violations violations = {};

    Pair(RingMemory &memory, pv_ring_geometry geometry, uint32_t start)
    {
        memory.set_word(layout::producer_index, start);
        memory.set_word(layout::consumer_index, start);
        EXPECT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), geometry, start,
                                     &violations),
                  PV_RULE_KEPT);
        EXPECT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), geometry, start,
                                     &violations),
                  PV_RULE_KEPT);
    }
};

// For every number there, every number wanted and every batch: one notification, at the batch that
// brings what was wanted, and no other.
PARAVANE_PROPERTY(armed_consumer_is_woken_once, "armed-consumer-is-woken-once")
{
    for (uint32_t slots : {2U, 4U, 8U}) {
        RingMemory memory(pv_ring_geometry{slots, slot_size});
        for (uint32_t start : starts)
            for (uint32_t there = 0; there <= slots; there++)
                for (uint32_t wanted = 0; wanted <= slots + 2; wanted++)
                    for (uint32_t batch = 1; batch <= slots; batch++) {
                        Pair pair(memory, {slots, slot_size}, start);
                        const uint32_t really = wanted == 0 ? 1 : std::min(wanted, slots);
                        ASSERT_EQ(pv_producer_put(&pair.producer, messages, slot_size, there),
                                  there);
                        static_cast<void>(pv_producer_publish(&pair.producer));
                        const bool sleeps = pv_consumer_arm(&pair.consumer, wanted);
                        ASSERT_EQ(sleeps, there < really)
                            << slots << " slots, " << there << " there, wanted " << wanted;
                        unsigned int woken = 0;
                        for (uint32_t shown = there; shown < slots;) {
                            const uint32_t more =
                                pv_producer_put(&pair.producer, messages, slot_size, batch);
                            ASSERT_EQ(more, std::min(batch, slots - shown));
                            const bool notify = pv_producer_publish(&pair.producer);
                            ASSERT_EQ(notify, shown < really && shown + more >= really);
                            woken += notify ? 1 : 0;
                            shown += more;
                        }
                        ASSERT_EQ(woken, sleeps ? 1U : 0U);
                    }
    }
}

PARAVANE_PROPERTY(armed_producer_is_woken_once, "armed-producer-is-woken-once")
{
    unsigned char taken[8 * slot_size];
    for (uint32_t slots : {2U, 4U, 8U}) {
        RingMemory memory(pv_ring_geometry{slots, slot_size});
        for (uint32_t start : starts)
            for (uint32_t filled = 0; filled <= slots; filled++)
                for (uint32_t wanted = 0; wanted <= slots + 2; wanted++)
                    for (uint32_t batch = 1; batch <= slots; batch++) {
                        Pair pair(memory, {slots, slot_size}, start);
                        const uint32_t really = wanted == 0 ? 1 : std::min(wanted, slots);
                        ASSERT_EQ(pv_producer_put(&pair.producer, messages, slot_size, filled),
                                  filled);
                        static_cast<void>(pv_producer_publish(&pair.producer));
                        const bool sleeps = pv_producer_arm(&pair.producer, wanted);
                        ASSERT_EQ(sleeps, slots - filled < really)
                            << slots << " slots, " << filled << " filled, wanted " << wanted;
                        unsigned int woken = 0;
                        for (uint32_t room = slots - filled; room < slots;) {
                            const uint32_t more =
                                pv_consumer_take(&pair.consumer, taken, slot_size, batch);
                            ASSERT_GT(more, 0U);
                            const bool notify = pv_consumer_release(&pair.consumer);
                            ASSERT_EQ(notify, room < really && room + more >= really);
                            woken += notify ? 1 : 0;
                            room += more;
                        }
                        ASSERT_EQ(woken, sleeps ? 1U : 0U);
                    }
    }
}

// Whatever the peer writes as its event, nothing is refused and nothing moves by it.
PARAVANE_PROPERTY(no_event_value_is_refused, "no-event-value-is-refused")
{
    unsigned char taken[2 * slot_size];
    const pv_ring_geometry geometry{2, slot_size};
    RingMemory memory(geometry);
    for (uint32_t base : starts)
        for (int64_t step = -40; step <= 40; step++) {
            const auto event =
                step >= -8 && step <= 8
                    ? base + static_cast<uint32_t>(step)
                    : base ^ 1U << static_cast<uint32_t>(step < 0 ? -step - 9 : step - 9);
            Pair pair(memory, geometry, base);
            memory.set_word(layout::consumer_event, event);
            memory.set_word(layout::producer_event, event);
            ASSERT_EQ(pv_producer_put(&pair.producer, messages, slot_size, 2), 2U);
            ASSERT_EQ(pv_producer_publish(&pair.producer), event == base + 1 || event == base + 2);
            ASSERT_EQ(pv_consumer_take(&pair.consumer, taken, slot_size, 2), 2U);
            ASSERT_EQ(pv_consumer_release(&pair.consumer), event == base + 1 || event == base + 2);
            ASSERT_EQ(pv_producer_refused(&pair.producer), PV_RULE_KEPT);
            ASSERT_EQ(pv_consumer_refused(&pair.consumer), PV_RULE_KEPT);
        }
}

} // namespace

} // namespace paravane::unit
