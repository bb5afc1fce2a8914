// SPDX-License-Identifier: Apache-2.0
//
// Every shared byte is read at most once by a call, our own words never, and words and fences come in
// the order that the protocol needs.
#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <paravane/peer.hpp>

#include "../layout.hpp"
#include "recorder.hpp"

namespace paravane::unit {

namespace {

constexpr uint32_t slot_size = 32;
constexpr uint32_t line = 0x80;

class Access : public testing::Test {
  protected:
    void attach(uint32_t slots, uint32_t index)
    {
        geometry = {slots, slot_size};
        memory.reset(static_cast<uint32_t>(pv_ring_bytes(geometry)));
        memory.set_word(layout::producer_index, index);
        memory.set_word(layout::consumer_index, index);
        ASSERT_EQ(pv_producer_attach(&producer, Recorder::at(), memory.bytes(), geometry, index,
                                     &violations),
                  PV_RULE_KEPT);
        ASSERT_EQ(pv_consumer_attach(&consumer, Recorder::at(), memory.bytes(), geometry, index,
                                     &violations),
                  PV_RULE_KEPT);
    }

    // Runs one call of the producer's (or consumer's) and holds it to what every call must keep.
    void expect_once(bool of_producer, const std::function<void()> &call)
    {
        memory.begin();
        call();
        const uint32_t own = of_producer ? layout::producer_index : layout::consumer_index;
        const uint32_t peer = of_producer ? layout::consumer_index : layout::producer_index;
        EXPECT_LE(memory.most_reads(), 1U) << memory.trace();
        EXPECT_EQ(memory.bytes_read(own, own + 2 * line), 0U) << "our own words were read back";
        EXPECT_EQ(memory.bytes_written(peer, peer + 2 * line), 0U) << "the peer's line was written";
        if (of_producer) {
            EXPECT_EQ(memory.bytes_read(layout::slots, memory.bytes()), 0U);
        } else {
            EXPECT_EQ(memory.bytes_written(layout::slots, memory.bytes()), 0U);
        }
    }

    Recorder &memory = Recorder::instance();
    pv_ring_geometry geometry = {};
    pv_violations violations = {};
    pv_producer producer = {};
    pv_consumer consumer = {};
    std::vector<unsigned char> messages = std::vector<unsigned char>(size_t{64} * slot_size);
};

TEST_F(Access, EverySharedByteIsReadOncePerCall)
{
    for (uint32_t slots : {2U, 4U, 32U})
        for (uint32_t index : {0U, 5U, 0xfffffffeU, 0xffffffffU})
            for (uint32_t count = 1; count <= slots; count++) {
                attach(slots, index);
                for (int round = 0; round < 3; round++) {
                    expect_once(true, [&] {
                        ASSERT_EQ(pv_producer_put(&producer, messages.data(), slot_size, count),
                                  count);
                    });
                    EXPECT_EQ(memory.bytes_written(layout::slots, memory.bytes()),
                              count * slot_size);
                    expect_once(true, [&] { static_cast<void>(pv_producer_publish(&producer)); });
                    expect_once(true,
                                [&] { static_cast<void>(pv_producer_arm(&producer, count)); });
                    expect_once(true, [&] { static_cast<void>(pv_producer_room(&producer)); });
                    expect_once(true, [&] { pv_producer_publish_quietly(&producer); });
                    expect_once(true, [&] { ASSERT_FALSE(pv_producer_peer_closed(&producer)); });
                    expect_once(false, [&] {
                        ASSERT_EQ(pv_consumer_take(&consumer, messages.data(), slot_size, slots),
                                  count);
                    });
                    EXPECT_EQ(memory.bytes_read(layout::slots, memory.bytes()), count * slot_size);
                    expect_once(false, [&] { static_cast<void>(pv_consumer_release(&consumer)); });
                    expect_once(false,
                                [&] { static_cast<void>(pv_consumer_arm(&consumer, count)); });
                    expect_once(false,
                                [&] { static_cast<void>(pv_consumer_available(&consumer)); });
                    expect_once(false, [&] { pv_consumer_release_quietly(&consumer); });
                    expect_once(false, [&] { ASSERT_FALSE(pv_consumer_ended(&consumer)); });
                }
                expect_once(true, [&] { pv_producer_close(&producer); });
                expect_once(false, [&] { ASSERT_FALSE(pv_consumer_arm(&consumer, 1)); });
                expect_once(false, [&] { ASSERT_TRUE(pv_consumer_ended(&consumer)); });
                expect_once(false, [&] { pv_consumer_close(&consumer); });
                expect_once(true, [&] { ASSERT_TRUE(pv_producer_peer_closed(&producer)); });
            }
}

TEST_F(Access, AttachReadsThePeersLinesOnceAndWritesItsOwnWords)
{
    attach(4, 7);
    expect_once(true, [&] {
        ASSERT_EQ(
            pv_producer_attach(&producer, Recorder::at(), memory.bytes(), geometry, 7, &violations),
            PV_RULE_KEPT);
    });
    EXPECT_EQ(memory.bytes_written(0, memory.bytes()), 4U) << "its index alone";
    EXPECT_EQ(memory.reads_of(layout::consumer_index), 1U);
    EXPECT_EQ(memory.bytes_read(layout::consumer_index, layout::slots), 256U - 4 - 4);
    EXPECT_EQ(memory.trace(), "load 0x184, acquire 0x100, release 0x000, fence");
    expect_once(false, [&] {
        ASSERT_EQ(
            pv_consumer_attach(&consumer, Recorder::at(), memory.bytes(), geometry, 7, &violations),
            PV_RULE_KEPT);
    });
    EXPECT_EQ(memory.bytes_written(0, memory.bytes()), 4U);
    EXPECT_EQ(memory.trace(), "load 0x084, acquire 0x000, release 0x100, fence");
}

// The order without which a wake-up, a message or an end can be lost.
TEST_F(Access, WordsAndFencesComeInTheProtocolsOrder)
{
    attach(4, 0);
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), slot_size, 1), 1U);
    expect_once(true, [&] { static_cast<void>(pv_producer_publish(&producer)); });
    EXPECT_EQ(memory.trace(), "release 0x000, fence, load 0x180");
    expect_once(true, [&] { static_cast<void>(pv_producer_publish(&producer)); });
    EXPECT_EQ(memory.trace(), "") << "nothing new to show";
    expect_once(false, [&] { static_cast<void>(pv_consumer_arm(&consumer, 2)); });
    EXPECT_EQ(memory.trace(), "store 0x180, fence, acquire 0x004, acquire 0x000");
    ASSERT_EQ(pv_consumer_take(&consumer, messages.data(), slot_size, 1), 1U);
    expect_once(false, [&] { static_cast<void>(pv_consumer_release(&consumer)); });
    EXPECT_EQ(memory.trace(), "release 0x100, fence, load 0x080");
    expect_once(true, [&] { static_cast<void>(pv_producer_arm(&producer, 1)); });
    EXPECT_EQ(memory.trace(), "store 0x080, fence, acquire 0x104, acquire 0x100");
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), slot_size, 1), 1U);
    expect_once(true, [&] { pv_producer_publish_quietly(&producer); });
    EXPECT_EQ(memory.trace(), "release 0x000");
    expect_once(true, [&] { pv_producer_publish_quietly(&producer); });
    EXPECT_EQ(memory.trace(), "") << "nothing new to show";
    ASSERT_EQ(pv_producer_put(&producer, messages.data(), slot_size, 1), 1U);
    expect_once(true, [&] { ASSERT_FALSE(pv_producer_arm(&producer, 1)); });
    EXPECT_EQ(memory.trace(), "") << "something to show first";
    expect_once(true, [&] { pv_producer_close(&producer); });
    EXPECT_EQ(memory.trace(), "release 0x004, fence");
    expect_once(false, [&] { static_cast<void>(pv_consumer_ended(&consumer)); });
    EXPECT_EQ(memory.trace(), "acquire 0x004, acquire 0x000");
}

// What is known already needs no look: the index is read only when a call wants more than that.
TEST_F(Access, LooksOnlyWhenItKnowsTooLittle)
{
    attach(8, 0);
    expect_once(true,
                [&] { ASSERT_EQ(pv_producer_put(&producer, messages.data(), slot_size, 8), 8U); });
    EXPECT_EQ(memory.trace(), "");
    pv_producer_publish_quietly(&producer);
    expect_once(false,
                [&] { ASSERT_EQ(pv_consumer_take(&consumer, messages.data(), slot_size, 3), 3U); });
    EXPECT_EQ(memory.trace(), "acquire 0x000");
    expect_once(false,
                [&] { ASSERT_EQ(pv_consumer_take(&consumer, messages.data(), slot_size, 5), 5U); });
    EXPECT_EQ(memory.trace(), "");
    expect_once(true,
                [&] { ASSERT_EQ(pv_producer_put(&producer, messages.data(), slot_size, 1), 0U); });
    EXPECT_EQ(memory.trace(), "acquire 0x100");
}

TEST_F(Access, StreamBytesAreReadOnce)
{
    constexpr uint32_t size = 16;
    for (uint32_t index : {0U, 9U, 0xfffffff1U, 0xffffffffU})
        for (uint32_t count = 1; count <= size; count++) {
            pv_stream_writer writer = {};
            pv_stream_reader reader = {};
            memory.reset(layout::slots + size);
            memory.set_word(layout::consumer_index, index);
            expect_once(true, [&] {
                ASSERT_EQ(pv_stream_writer_attach(&writer, Recorder::at(), memory.bytes(), size,
                                                  index, &violations),
                          PV_RULE_KEPT);
            });
            expect_once(false, [&] {
                ASSERT_EQ(pv_stream_reader_attach(&reader, Recorder::at(), memory.bytes(), size,
                                                  index, &violations),
                          PV_RULE_KEPT);
            });
            expect_once(
                true, [&] { ASSERT_EQ(pv_stream_write(&writer, messages.data(), count), count); });
            EXPECT_EQ(memory.bytes_written(layout::slots, memory.bytes()), count);
            expect_once(true, [&] { static_cast<void>(pv_stream_publish(&writer)); });
            expect_once(false, [&] { static_cast<void>(pv_stream_reader_arm(&reader, size)); });
            expect_once(false,
                        [&] { ASSERT_EQ(pv_stream_read(&reader, messages.data(), size), count); });
            EXPECT_EQ(memory.bytes_read(layout::slots, memory.bytes()), count);
            expect_once(false, [&] { static_cast<void>(pv_stream_release(&reader)); });
            expect_once(true, [&] { static_cast<void>(pv_stream_writer_arm(&writer, size)); });
            expect_once(true, [&] { pv_stream_writer_close(&writer); });
            expect_once(false, [&] { ASSERT_TRUE(pv_stream_reader_ended(&reader)); });
        }
}

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the copy fills it
PV_PEER(struct pv_request_head, pv_peer_request_head);

TEST_F(Access, PeerIsCopiedOutOnce)
{
    memory.reset(4096);
    memory.set_word(64, 0x00030007);
    memory.begin();
    Peer<pv_request_head> peer(Recorder::at(64));
    EXPECT_EQ(memory.bytes_read(0, 4096), 0U);
    const pv_request_head copy = std::move(peer).copy_out();
    EXPECT_EQ(memory.bytes_read(0, 4096), 8U);
    EXPECT_EQ(memory.bytes_read(64, 72), 8U);
    EXPECT_EQ(memory.most_reads(), 1U);
    memory.set_word(64, 0xffffffff);
    EXPECT_EQ(pv_le16_get(copy.id), 7U);
    EXPECT_EQ(copy.operation, 3U);
    memory.begin();
    const pv_request_head twin = pv_peer_request_head_copy_out({Recorder::at(64)});
    EXPECT_EQ(pv_le16_get(twin.id), 0xffffU);
    EXPECT_EQ(memory.most_reads(), 1U);
    EXPECT_EQ(memory.bytes_read(64, 72), 8U);
}

// A queue checks the copy: a whole slot is read, once, whatever is wrong with it.
TEST_F(Access, QueuesReadEachMessageOnce)
{
    static pv_backend_queue back;
    static pv_frontend_queue front;
    constexpr pv_ring_geometry small{4, 16};
    for (uint32_t status : {0U, 1U})
        for (uint32_t id : {0U, 1U, 9U}) {
            struct {
                pv_request_head head;
                uint64_t rest;
            } request = {};
            struct {
                pv_response_head head;
                uint64_t rest;
            } response = {};
            memory.reset(static_cast<uint32_t>(pv_ring_bytes(small)));
            ASSERT_EQ(pv_consumer_attach(&back.requests, Recorder::at(), memory.bytes(), small, 0,
                                         &violations),
                      PV_RULE_KEPT);
            memory.set_word(layout::producer_index, 1);
            memory.set_word(layout::slots, id);
            ASSERT_EQ(pv_ids_init(&back.ids, 4, &violations), PV_RULE_KEPT);
            back.protocol = {1, 0};
            expect_once(false, [&] {
                EXPECT_EQ(pv_backend_queue_take(&back, &request.head, sizeof(request)), id < 4);
            });
            EXPECT_EQ(memory.bytes_read(layout::slots, memory.bytes()), 16U);

            memory.set_word(layout::producer_index, 0);
            ASSERT_EQ(pv_consumer_attach(&front.responses, Recorder::at(), memory.bytes(), small, 0,
                                         &violations),
                      PV_RULE_KEPT);
            memory.set_word(layout::producer_index, 1);
            memory.set_word(layout::slots + 4, status);
            ASSERT_EQ(pv_ids_init(&front.ids, 4, &violations), PV_RULE_KEPT);
            pv_ids_mark(&front.ids, 0);
            expect_once(false, [&] {
                EXPECT_EQ(pv_frontend_queue_take(&front, &response.head, sizeof(response)),
                          id == 0 && status == 0);
            });
            EXPECT_EQ(memory.bytes_read(layout::slots, memory.bytes()), 16U);
        }
}

// Refused or never attached: not one access; only a refused ring's close still says so.
TEST_F(Access, RefusedAndUnattachedTouchNothing)
{
    for (int kind = 0; kind < 3; kind++) {
        attach(4, 0);
        if (kind == 0) {
            memory.set_word(layout::producer_index, 99);
            memory.set_word(layout::consumer_index, 99);
            EXPECT_EQ(pv_producer_room(&producer), 0U);
            EXPECT_EQ(pv_consumer_available(&consumer), 0U);
        } else if (kind == 1) {
            memory.begin();
            EXPECT_EQ(pv_producer_attach(&producer, Recorder::at(4), memory.bytes(), geometry, 0,
                                         &violations),
                      PV_RULE_ALIGNMENT);
            EXPECT_EQ(pv_consumer_attach(&consumer, Recorder::at(), 10, geometry, 0, &violations),
                      PV_RULE_MEMORY);
            EXPECT_EQ(memory.trace(), "") << "a place is refused without a look at it";
        } else {
            producer = {};
            consumer = {};
        }
        memory.begin();
        EXPECT_EQ(pv_producer_put(&producer, messages.data(), slot_size, 1), 0U);
        EXPECT_FALSE(pv_producer_publish(&producer));
        pv_producer_publish_quietly(&producer);
        EXPECT_FALSE(pv_producer_arm(&producer, 1));
        EXPECT_FALSE(pv_producer_peer_closed(&producer));
        EXPECT_EQ(pv_consumer_take(&consumer, messages.data(), slot_size, 1), 0U);
        EXPECT_FALSE(pv_consumer_release(&consumer));
        pv_consumer_release_quietly(&consumer);
        EXPECT_FALSE(pv_consumer_arm(&consumer, 1));
        EXPECT_FALSE(pv_consumer_ended(&consumer));
        EXPECT_EQ(memory.trace(), "");
        EXPECT_EQ(memory.bytes_read(0, memory.bytes()), 0U);
        EXPECT_EQ(memory.bytes_written(0, memory.bytes()), 0U);
        pv_producer_close(&producer);
        pv_consumer_close(&consumer);
        EXPECT_EQ(memory.trace(), kind == 0 ? "release 0x004, fence, release 0x104, fence" : "");
    }
}

TEST_F(Access, WrongMessageSizeIsRefusedWithoutALook)
{
    attach(4, 0);
    memory.begin();
    for (uint32_t size : {0U, 16U, 31U, 64U}) {
        EXPECT_EQ(pv_producer_put(&producer, messages.data(), size, 8), 0U);
        EXPECT_EQ(pv_consumer_take(&consumer, messages.data(), size, 8), 0U);
    }
    EXPECT_EQ(memory.trace(), "");
}

} // namespace

} // namespace paravane::unit
