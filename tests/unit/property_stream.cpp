// SPDX-License-Identifier: Apache-2.0
//
// The byte stream: every offset in the ring, every number written, every number read.
#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "message.hpp"
#include "property.hpp"
#include "ring_memory.hpp"
#include "starts.hpp"

namespace paravane::unit {

namespace {

constexpr uint32_t size = 16;
constexpr uint32_t ring_bytes = layout::slots + size;

// Bytes that count up, so that a lost, doubled or moved one shows.
std::vector<unsigned char> counting(uint32_t from, uint32_t count)
{
    std::vector<unsigned char> bytes(count);
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = static_cast<unsigned char>(from + i + 1);
    return bytes;
}

struct Ends {
    pv_stream_writer writer = {};
    pv_stream_reader reader = {};
    pv_violations violations = {};

    Ends(RingMemory &memory, uint32_t start)
    {
        memory.restore(std::vector<unsigned char>(memory.bytes(), 0));
        memory.set_word(layout::producer_index, start);
        memory.set_word(layout::consumer_index, start);
        EXPECT_EQ(
            pv_stream_writer_attach(&writer, memory.at(), memory.bytes(), size, start, &violations),
            PV_RULE_KEPT);
        EXPECT_EQ(
            pv_stream_reader_attach(&reader, memory.at(), memory.bytes(), size, start, &violations),
            PV_RULE_KEPT);
    }
};

PARAVANE_PROPERTY(stream_writes_exactly_its_bytes, "stream-writes-exactly-its-bytes")
{
    RingMemory memory(ring_bytes);
    for (uint32_t start = 0xffffffff - size; start != size; start++)
        for (uint32_t first = 0; first <= size; first++)
            for (uint32_t second = 0; second <= size + 3; second++) {
                Ends ends(memory, start);
                std::vector<unsigned char> expected = memory.image();
                uint32_t written = 0;
                for (uint32_t count : {first, second}) {
                    const auto bytes = counting(start + written, count);
                    const uint32_t fits = std::min(count, size - written);
                    ASSERT_EQ(pv_stream_write(&ends.writer, bytes.data(), count), fits);
                    for (uint32_t i = 0; i < fits; i++)
                        expected[layout::slots + (start + written + i) % size] = bytes[i];
                    written += fits;
                    ASSERT_EQ(memory.image(), expected)
                        << "start " << start << ", " << first << " and " << second;
                }
            }
    ASSERT_TRUE(memory.guards_hold());
}

PARAVANE_PROPERTY(stream_is_a_queue_of_bytes, "stream-is-a-queue-of-bytes")
{
    RingMemory memory(ring_bytes);
    for (uint32_t start = 0xffffffff - size; start != size; start++)
        for (uint32_t count = 0; count <= size + 1; count++)
            for (uint32_t most = 1; most <= size + 1; most++) {
                Ends ends(memory, start);
                uint32_t sent = 0;
                uint32_t received = 0;
                // Twice round the ring, whatever the pieces are.
                for (unsigned int round = 0; round < 4 * size && received < 2 * size; round++) {
                    const auto bytes = counting(sent, count);
                    sent += pv_stream_write(&ends.writer, bytes.data(), count);
                    static_cast<void>(pv_stream_publish(&ends.writer));
                    unsigned char to[size + 1];
                    const uint32_t got = pv_stream_read(&ends.reader, to, most);
                    ASSERT_LE(got, most);
                    ASSERT_EQ(got == 0, sent == received);
                    for (uint32_t i = 0; i < got; i++)
                        ASSERT_EQ(to[i], static_cast<unsigned char>(received + i + 1))
                            << "start " << start << ", pieces of " << count << " and " << most;
                    received += got;
                    static_cast<void>(pv_stream_release(&ends.reader));
                    ASSERT_LE(sent - received, size);
                }
                ASSERT_EQ(received >= 2 * size, count != 0);
            }
}

// Either side's arm: it sleeps exactly while there is less than wanted.
PARAVANE_PROPERTY(stream_arms_iff_less_than_wanted, "stream-arms-iff-less-than-wanted")
{
    RingMemory memory(ring_bytes);
    const auto bytes = counting(0, size);
    for (uint32_t start : starts)
        for (uint32_t there = 0; there <= size; there++)
            for (uint32_t wanted = 0; wanted <= size + 2; wanted++) {
                const uint32_t really = std::clamp(wanted, 1U, size);
                Ends ends(memory, start);
                ASSERT_EQ(pv_stream_write(&ends.writer, bytes.data(), there), there);
                ASSERT_EQ(pv_stream_publish(&ends.writer),
                          start + there - memory.word(layout::consumer_event) < there);
                ASSERT_EQ(pv_stream_reader_arm(&ends.reader, wanted), there < really);
                ASSERT_EQ(memory.word(layout::consumer_event), start + really);
                ASSERT_EQ(pv_stream_writer_arm(&ends.writer, wanted), size - there < really);
                ASSERT_EQ(memory.word(layout::producer_event), start + there + really - size);
            }
}

} // namespace

} // namespace paravane::unit
