// SPDX-License-Identifier: Apache-2.0
//
// The byte stream: sizes, ends and the peer's close.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "ring_memory.hpp"

namespace paravane::unit {

namespace {

class Stream : public testing::Test {
  protected:
    void attach(RingMemory &memory, uint32_t size, uint32_t index = 0)
    {
        ASSERT_EQ(
            pv_stream_writer_attach(&writer, memory.at(), memory.bytes(), size, index, &violations),
            PV_RULE_KEPT);
        ASSERT_EQ(
            pv_stream_reader_attach(&reader, memory.at(), memory.bytes(), size, index, &violations),
            PV_RULE_KEPT);
    }

    pv_violations violations = {};
    pv_stream_writer writer = {};
    pv_stream_reader reader = {};
};

TEST_F(Stream, LargestIsWhole)
{
    constexpr uint32_t size = 16U << 20;
    RingMemory memory(512 + uint64_t{size});
    attach(memory, size);
    std::vector<unsigned char> bytes(size + 1);
    for (uint32_t i = 0; i < bytes.size(); i++)
        bytes[i] = static_cast<unsigned char>((i * 2654435761U) >> 24);
    // Off by some, so that it wraps.
    for (uint32_t count : {1000U, size}) {
        ASSERT_EQ(pv_stream_write(&writer, bytes.data(), count == size ? count + 1 : count), count);
        static_cast<void>(pv_stream_publish(&writer));
        std::vector<unsigned char> to(count);
        ASSERT_EQ(pv_stream_read(&reader, to.data(), UINT32_MAX), count);
        ASSERT_TRUE(std::equal(to.begin(), to.end(), bytes.begin()));
        static_cast<void>(pv_stream_release(&reader));
    }
    EXPECT_TRUE(memory.guards_hold());
}

TEST_F(Stream, EndComesAfterTheLastByte)
{
    RingMemory memory(512 + 16);
    unsigned char byte;
    attach(memory, 16);
    ASSERT_EQ(pv_stream_write(&writer, "ab", 2), 2U);
    EXPECT_FALSE(pv_stream_publish(&writer));
    EXPECT_FALSE(pv_stream_reader_ended(&reader));
    pv_stream_writer_close(&writer);
    EXPECT_FALSE(pv_stream_reader_arm(&reader, 16)) << "no more will come: do not sleep";
    for (char expected : {'a', 'b'}) {
        EXPECT_FALSE(pv_stream_reader_ended(&reader));
        ASSERT_EQ(pv_stream_read(&reader, &byte, 1), 1U);
        EXPECT_EQ(byte, expected);
    }
    EXPECT_TRUE(pv_stream_reader_ended(&reader));
    EXPECT_EQ(pv_stream_read(&reader, &byte, 1), 0U);
    EXPECT_EQ(pv_stream_reader_refused(&reader), PV_RULE_KEPT);
}

TEST_F(Stream, NotifiesWhoeverWaits)
{
    RingMemory memory(512 + 16);
    const unsigned char bytes[16] = {};
    unsigned char to[16];
    attach(memory, 16);
    EXPECT_TRUE(pv_stream_reader_arm(&reader, 5));
    ASSERT_EQ(pv_stream_write(&writer, bytes, 4), 4U);
    EXPECT_FALSE(pv_stream_publish(&writer));
    ASSERT_EQ(pv_stream_write(&writer, bytes, 12), 12U);
    EXPECT_TRUE(pv_stream_publish(&writer));
    EXPECT_TRUE(pv_stream_writer_arm(&writer, 16));
    ASSERT_EQ(pv_stream_read(&reader, to, 15), 15U);
    EXPECT_FALSE(pv_stream_release(&reader));
    ASSERT_EQ(pv_stream_read(&reader, to, 15), 1U);
    EXPECT_TRUE(pv_stream_release(&reader));
    EXPECT_FALSE(pv_stream_writer_arm(&writer, 16));
    EXPECT_FALSE(pv_stream_writer_peer_closed(&writer));
    pv_stream_reader_close(&reader);
    EXPECT_TRUE(pv_stream_writer_peer_closed(&writer));
    EXPECT_FALSE(pv_stream_writer_arm(&writer, 1));
}

} // namespace

} // namespace paravane::unit
