// SPDX-License-Identifier: Apache-2.0
//
// Rules 7 to 13: indices and states.
#include <gtest/gtest.h>

#include "layout.hpp"
#include "rule_case.hpp"

namespace paravane::unit {

namespace {

using Made = std::unique_ptr<Victim>;
using Counts = pv_violations;

// The producer's index goes to `index`; the consumer took `taken` of `there` first and released them.
Made producer_at(Counts &violations, uint32_t there, uint32_t taken, uint32_t index)
{
    return victim<ConsumerVictim>(violations, [&](ConsumerVictim &side) {
        side.attach();
        side.ring.set_word(layout::producer_index, there);
        EXPECT_EQ(side.take(taken), taken);
        side.ring.set_word(layout::producer_index, index);
        static_cast<void>(pv_consumer_available(&side.side));
    });
}

// The consumer's index goes to `index`, after `put` messages and having been at `before`.
Made consumer_at(Counts &violations, uint32_t put, uint32_t before, uint32_t index)
{
    return victim<ProducerVictim>(violations, [&](ProducerVictim &side) {
        side.attach();
        EXPECT_EQ(side.put(put), put);
        side.ring.set_word(layout::consumer_index, before);
        EXPECT_EQ(pv_producer_room(&side.side), 4 - put + before);
        side.ring.set_word(layout::consumer_index, index);
        static_cast<void>(pv_producer_room(&side.side));
    });
}

Made producer_says(Counts &violations, uint32_t first, uint32_t second)
{
    return victim<ConsumerVictim>(violations, [&](ConsumerVictim &side) {
        side.attach();
        for (uint32_t state : {first, second}) {
            side.ring.set_word(layout::producer_state, state);
            static_cast<void>(pv_consumer_arm(&side.side, 1));
        }
    });
}

Made consumer_says(Counts &violations, uint32_t first, uint32_t second)
{
    return victim<ProducerVictim>(violations, [&](ProducerVictim &side) {
        side.attach();
        for (uint32_t state : {first, second}) {
            side.ring.set_word(layout::consumer_state, state);
            static_cast<void>(pv_producer_peer_closed(&side.side));
        }
    });
}

Made attached_beside_producer(Counts &violations, uint32_t own, uint32_t peer)
{
    return victim<ConsumerVictim>(violations, [&](ConsumerVictim &side) {
        side.ring.set_word(layout::producer_index, peer);
        side.attach(own);
    });
}

Made attached_beside_consumer(Counts &violations, uint32_t own, uint32_t peer)
{
    return victim<ProducerVictim>(violations, [&](ProducerVictim &side) {
        side.ring.set_word(layout::consumer_index, peer);
        side.attach(own);
    });
}

// A stream whose producer is shown `index` after it was at `before`.
Made stream_written_to(Counts &violations, uint32_t before, uint32_t index)
{
    return victim<ReaderVictim>(violations, [&](ReaderVictim &side) {
        unsigned char byte;
        side.attach();
        side.ring.set_word(layout::producer_index, before);
        EXPECT_EQ(pv_stream_read(&side.side, &byte, 1), before > 0 ? 1U : 0U);
        static_cast<void>(pv_stream_release(&side.side));
        side.ring.set_word(layout::producer_index, index);
        static_cast<void>(pv_stream_reader_arm(&side.side, 16));
    });
}

// A stream of which 8 bytes were written, and whose reader is at `index` after it was at `before`.
Made stream_read_to(Counts &violations, uint32_t before, uint32_t index)
{
    return victim<WriterVictim>(violations, [&](WriterVictim &side) {
        const unsigned char bytes[8] = {};
        side.attach();
        EXPECT_EQ(pv_stream_write(&side.side, bytes, 8), 8U);
        static_cast<void>(pv_stream_publish(&side.side));
        side.ring.set_word(layout::consumer_index, before);
        static_cast<void>(pv_stream_writer_arm(&side.side, 16));
        side.ring.set_word(layout::consumer_index, index);
        static_cast<void>(pv_stream_writer_arm(&side.side, 16));
    });
}

Made moved_after_close(Counts &violations, uint32_t index)
{
    return victim<ConsumerVictim>(violations, [&](ConsumerVictim &side) {
        side.attach();
        side.ring.set_word(layout::producer_index, 1);
        side.ring.set_word(layout::producer_state, layout::closed);
        EXPECT_FALSE(pv_consumer_ended(&side.side));
        EXPECT_EQ(side.take(1), 1U);
        EXPECT_TRUE(pv_consumer_ended(&side.side));
        side.ring.set_word(layout::producer_index, index);
        static_cast<void>(pv_consumer_available(&side.side));
    });
}

Made moved_after_close_consumer(Counts &violations, uint32_t index)
{
    return victim<ProducerVictim>(violations, [&](ProducerVictim &side) {
        side.attach();
        EXPECT_EQ(side.put(4), 4U);
        side.ring.set_word(layout::consumer_index, 2);
        side.ring.set_word(layout::consumer_state, layout::closed);
        EXPECT_TRUE(pv_producer_peer_closed(&side.side));
        side.ring.set_word(layout::consumer_index, index);
        // Room for two is known: only more needs another look.
        EXPECT_EQ(side.put(2), 2U);
        static_cast<void>(side.put(1));
    });
}

} // namespace

std::vector<RuleCase> breaks_of_moving()
{
    return {
        {PV_RULE_PRODUCER_PAST, "one_past", [](Counts &v) { return producer_at(v, 0, 0, 5); }},
        {PV_RULE_PRODUCER_PAST, "past_what_was_released",
         [](Counts &v) { return producer_at(v, 2, 2, 7); }},
        {PV_RULE_PRODUCER_PAST, "past_though_taken",
         [](Counts &v) -> Made {
             return victim<ConsumerVictim>(v, [](ConsumerVictim &side) {
                 unsigned char to[64];
                 side.attach();
                 side.ring.set_word(layout::producer_index, 4);
                 EXPECT_EQ(pv_consumer_take(&side.side, to, 16, 4), 4U);
                 side.ring.set_word(layout::producer_index, 5);
                 EXPECT_EQ(pv_consumer_take(&side.side, to, 16, 4), 0U);
             });
         }},
        {PV_RULE_PRODUCER_PAST, "at_attach",
         [](Counts &v) { return attached_beside_producer(v, 0xffffffff, 4); }},
        {PV_RULE_PRODUCER_PAST, "in_a_stream",
         [](Counts &v) { return stream_written_to(v, 3, 18); }},
        {PV_RULE_PRODUCER_BACK, "one_back", [](Counts &v) { return producer_at(v, 2, 1, 1); }},
        {PV_RULE_PRODUCER_BACK, "behind_what_was_taken",
         [](Counts &v) { return producer_at(v, 3, 3, 0); }},
        {PV_RULE_PRODUCER_BACK, "half_round",
         [](Counts &v) { return producer_at(v, 0, 0, 0x80000000); }},
        {PV_RULE_PRODUCER_BACK, "at_attach",
         [](Counts &v) { return attached_beside_producer(v, 0, 0xffffffff); }},
        {PV_RULE_PRODUCER_BACK, "in_a_stream",
         [](Counts &v) { return stream_written_to(v, 3, 2); }},
        {PV_RULE_CONSUMER_PAST, "one_past", [](Counts &v) { return consumer_at(v, 3, 1, 4); }},
        {PV_RULE_CONSUMER_PAST, "past_nothing", [](Counts &v) { return consumer_at(v, 0, 0, 1); }},
        {PV_RULE_CONSUMER_PAST, "past_though_put",
         [](Counts &v) -> Made {
             return victim<ProducerVictim>(v, [](ProducerVictim &side) {
                 const unsigned char messages[64] = {};
                 side.attach();
                 EXPECT_EQ(pv_producer_put(&side.side, messages, 16, 4), 4U);
                 side.ring.set_word(layout::consumer_index, 1);
                 EXPECT_EQ(pv_producer_put(&side.side, messages, 16, 1), 0U);
             });
         }},
        {PV_RULE_CONSUMER_PAST, "at_attach",
         [](Counts &v) { return attached_beside_consumer(v, 0xffffffff, 0); }},
        {PV_RULE_CONSUMER_PAST, "in_a_stream", [](Counts &v) { return stream_read_to(v, 3, 9); }},
        {PV_RULE_CONSUMER_BACK, "one_back", [](Counts &v) { return consumer_at(v, 3, 2, 1); }},
        {PV_RULE_CONSUMER_BACK, "below_zero",
         [](Counts &v) { return consumer_at(v, 3, 0, 0xffffffff); }},
        {PV_RULE_CONSUMER_BACK, "at_attach",
         [](Counts &v) { return attached_beside_consumer(v, 3, 0xfffffffe); }},
        {PV_RULE_CONSUMER_BACK, "in_a_stream", [](Counts &v) { return stream_read_to(v, 3, 2); }},
        {PV_RULE_STATE, "of_producer", [](Counts &v) { return producer_says(v, 2, 2); }},
        {PV_RULE_STATE, "of_consumer", [](Counts &v) { return consumer_says(v, 0xffffffff, 0); }},
        {PV_RULE_STATE, "after_close", [](Counts &v) { return consumer_says(v, 1, 0x80000001); }},
        {PV_RULE_REOPENED, "producer", [](Counts &v) { return producer_says(v, 1, 0); }},
        {PV_RULE_REOPENED, "consumer", [](Counts &v) { return consumer_says(v, 1, 0); }},
        {PV_RULE_MOVED_CLOSED, "producer", [](Counts &v) { return moved_after_close(v, 2); }},
        {PV_RULE_MOVED_CLOSED, "consumer",
         [](Counts &v) { return moved_after_close_consumer(v, 3); }},
    };
}

std::vector<RuleCase> limits_of_moving()
{
    return {
        {PV_RULE_PRODUCER_PAST, "full", [](Counts &v) { return producer_at(v, 0, 0, 4); }},
        {PV_RULE_PRODUCER_PAST, "full_again", [](Counts &v) { return producer_at(v, 2, 2, 6); }},
        {PV_RULE_PRODUCER_PAST, "full_at_attach",
         [](Counts &v) { return attached_beside_producer(v, 0xffffffff, 3); }},
        {PV_RULE_PRODUCER_PAST, "full_stream",
         [](Counts &v) { return stream_written_to(v, 3, 17); }},
        {PV_RULE_PRODUCER_BACK, "standing", [](Counts &v) { return producer_at(v, 2, 1, 2); }},
        {PV_RULE_PRODUCER_BACK, "standing_at_attach",
         [](Counts &v) { return attached_beside_producer(v, 7, 7); }},
        {PV_RULE_CONSUMER_PAST, "empty", [](Counts &v) { return consumer_at(v, 3, 1, 3); }},
        {PV_RULE_CONSUMER_PAST, "empty_stream", [](Counts &v) { return stream_read_to(v, 3, 8); }},
        {PV_RULE_CONSUMER_BACK, "standing", [](Counts &v) { return consumer_at(v, 3, 2, 2); }},
        {PV_RULE_CONSUMER_BACK, "a_ring_behind_at_attach",
         [](Counts &v) { return attached_beside_consumer(v, 3, 0xffffffff); }},
        {PV_RULE_STATE, "closed", [](Counts &v) { return producer_says(v, 0, 1); }},
        {PV_RULE_REOPENED, "closed_still", [](Counts &v) { return consumer_says(v, 1, 1); }},
        {PV_RULE_MOVED_CLOSED, "standing", [](Counts &v) { return moved_after_close(v, 1); }},
        {PV_RULE_MOVED_CLOSED, "consumer_standing",
         [](Counts &v) { return moved_after_close_consumer(v, 2); }},
    };
}

} // namespace paravane::unit
