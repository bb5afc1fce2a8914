// SPDX-License-Identifier: Apache-2.0
//
// Which values of a peer's index are accepted, and by which rule the others are refused.
#include <cstdint>
#include <set>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "property.hpp"
#include "ring_memory.hpp"
#include "starts.hpp"

namespace paravane::unit {

namespace {

constexpr uint32_t slot_size = 16;

// A window of three rings about `base`, and the values farthest from it.
std::set<uint32_t> values_about(uint32_t base, uint32_t slots)
{
    std::set<uint32_t> values = {0,
                                 1,
                                 0x7fffffff,
                                 0x80000000,
                                 0xffffffff,
                                 base + 0x7fffffff,
                                 base + 0x80000000,
                                 base + 0x80000001};
    for (uint32_t i = 0; i <= 6 * slots; i++)
        values.insert(base - 3 * slots + i);
    for (uint32_t bit = 0; bit < 32; bit++)
        values.insert(base + (1U << bit));
    return values;
}

// Where an index stands from another, with its sign: both are near each other on the circle.
int64_t distance(uint32_t from, uint32_t to)
{
    const auto ahead = static_cast<int64_t>(static_cast<uint32_t>(to - from));
    return ahead < int64_t{1} << 31 ? ahead : ahead - (int64_t{1} << 32);
}

struct Moved {
    uint32_t slots;
    uint32_t start;
    uint32_t seen;    // of the peer's, behind or before our own
    uint32_t shown;   // of ours
    uint32_t pending; // of ours, done but not shown
};

// A producer that put shown + pending and whose consumer gave `seen` of them back.
void check_producer(const Moved &moved)
{
    const pv_ring_geometry geometry{moved.slots, slot_size};
    const unsigned char messages[8 * slot_size] = {};
    RingMemory memory(geometry);
    for (uint32_t value : values_about(moved.start + moved.seen, moved.slots)) {
        pv_violations violations = {};
        pv_producer producer = {};
        memory.set_word(layout::consumer_index, moved.start);
        ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), geometry, moved.start,
                                     &violations),
                  PV_RULE_KEPT);
        ASSERT_EQ(pv_producer_put(&producer, messages, slot_size, moved.shown), moved.shown);
        pv_producer_publish_quietly(&producer);
        memory.set_word(layout::consumer_index, moved.start + moved.seen);
        ASSERT_EQ(pv_producer_room(&producer), moved.slots - moved.shown + moved.seen);
        ASSERT_EQ(pv_producer_put(&producer, messages, slot_size, moved.pending), moved.pending);

        memory.set_word(layout::consumer_index, value);
        const int64_t ahead = distance(moved.start + moved.seen, value);
        const bool legal = ahead >= 0 && ahead <= int64_t{moved.shown} - moved.seen;
        const uint32_t room = pv_producer_room(&producer);
        const auto expected_room = legal
                                       ? static_cast<uint32_t>(int64_t{moved.slots} + moved.seen +
                                                               ahead - moved.shown - moved.pending)
                                       : 0;
        ASSERT_EQ(room, expected_room);
        ASSERT_EQ(pv_producer_refused(&producer), legal       ? PV_RULE_KEPT
                                                  : ahead < 0 ? PV_RULE_CONSUMER_BACK
                                                              : PV_RULE_CONSUMER_PAST)
            << moved.slots << " slots, start " << moved.start << ", shown " << moved.shown
            << ", seen " << moved.seen << ", the peer's index " << value;
    }
}

// A consumer that was shown `seen` messages, took shown + pending and gave `shown` back.
void check_consumer(const Moved &moved)
{
    const pv_ring_geometry geometry{moved.slots, slot_size};
    unsigned char messages[8 * slot_size];
    RingMemory memory(geometry);
    for (uint32_t value : values_about(moved.start + moved.seen, moved.slots)) {
        pv_violations violations = {};
        pv_consumer consumer = {};
        memory.set_word(layout::producer_index, moved.start);
        ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), geometry, moved.start,
                                     &violations),
                  PV_RULE_KEPT);
        memory.set_word(layout::producer_index, moved.start + moved.seen);
        ASSERT_EQ(pv_consumer_take(&consumer, messages, slot_size, moved.shown), moved.shown);
        pv_consumer_release_quietly(&consumer);
        ASSERT_EQ(pv_consumer_take(&consumer, messages, slot_size, moved.pending), moved.pending);

        memory.set_word(layout::producer_index, value);
        const int64_t ahead = distance(moved.start + moved.seen, value);
        const bool legal = ahead >= 0 && ahead <= int64_t{moved.shown} + moved.slots - moved.seen;
        const uint32_t available = pv_consumer_available(&consumer);
        const auto expected =
            legal ? static_cast<uint32_t>(moved.seen + ahead - moved.shown - moved.pending) : 0;
        ASSERT_EQ(available, expected);
        ASSERT_EQ(pv_consumer_refused(&consumer), legal       ? PV_RULE_KEPT
                                                  : ahead < 0 ? PV_RULE_PRODUCER_BACK
                                                              : PV_RULE_PRODUCER_PAST)
            << moved.slots << " slots, start " << moved.start << ", shown " << moved.shown
            << ", pending " << moved.pending << ", seen " << moved.seen << ", the peer's index "
            << value;
    }
}

PARAVANE_PROPERTY(consumer_index_accepted_iff_legal, "consumer-index-accepted-iff-legal")
{
    for (uint32_t slots : {2U, 4U})
        for (uint32_t start : starts)
            for (uint32_t shown = 0; shown <= slots; shown++)
                for (uint32_t seen = 0; seen <= shown; seen++)
                    for (uint32_t pending = 0; pending <= slots - shown + seen; pending++) {
                        check_producer({slots, start, seen, shown, pending});
                        if (testing::Test::HasFatalFailure())
                            return;
                    }
}

PARAVANE_PROPERTY(producer_index_accepted_iff_legal, "producer-index-accepted-iff-legal")
{
    for (uint32_t slots : {2U, 4U})
        for (uint32_t start : starts)
            for (uint32_t seen = 0; seen <= slots; seen++)
                for (uint32_t shown = 0; shown <= seen; shown++)
                    for (uint32_t pending = 0; pending <= seen - shown; pending++) {
                        check_consumer({slots, start, seen, shown, pending});
                        if (testing::Test::HasFatalFailure())
                            return;
                    }
}

// What a side attaches beside must lie within one ring of its own index.
PARAVANE_PROPERTY(attach_accepts_exactly_one_ring, "attach-accepts-exactly-one-ring")
{
    for (uint32_t slots : {2U, 4U, 8U})
        for (uint32_t start : starts) {
            const pv_ring_geometry geometry{slots, slot_size};
            RingMemory memory(geometry);
            for (uint32_t value : values_about(start, slots)) {
                pv_violations violations = {};
                pv_producer producer = {};
                pv_consumer consumer = {};
                const int64_t ahead = distance(start, value);

                memory.set_word(layout::consumer_index, value);
                const int64_t outstanding = -ahead;
                ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), geometry,
                                             start, &violations) == PV_RULE_KEPT,
                          outstanding >= 0 && outstanding <= slots)
                    << slots << " slots, producer at " << start << ", consumer at " << value;
                memory.set_word(layout::producer_index, value);
                ASSERT_EQ(pv_consumer_attach(&consumer, memory.at(), memory.bytes(), geometry,
                                             start, &violations) == PV_RULE_KEPT,
                          ahead >= 0 && ahead <= slots)
                    << slots << " slots, consumer at " << start << ", producer at " << value;
            }
        }
}

} // namespace

} // namespace paravane::unit
