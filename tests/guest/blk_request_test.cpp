// SPDX-License-Identifier: Apache-2.0
//
// Requests, as words for a ring and as a backend reads them.
#include <bit>
#include <cstring>

#include <gtest/gtest.h>

#include "frontend-drivers/blk/request.hpp"

namespace keel::blk {
namespace {

pv_blk_request encoded(const Request &request, uint32_t id, uint32_t flags, const Segment &data)
{
    RequestWords words;

    words.fill(pv_le64_of(UINT64_MAX));
    encode(words, id, request, flags, data);
    return std::bit_cast<pv_blk_request>(words);
}

TEST(BlkRequest, HasItsFieldsWhereABackendReadsThem)
{
    const Segment data = {{0x01020304}, 0x11121314, 0x21222324};
    const Request request = {PV_BLK_WRITE, true, 0x0102030405060708, 0xa1a2a3a4, {}};
    const pv_blk_request wire = encoded(request, 0xfedc, 0x35, data);

    EXPECT_EQ(pv_le16_get(wire.head.id), 0xfedc);
    EXPECT_EQ(wire.head.operation, PV_BLK_WRITE);
    EXPECT_EQ(wire.head.flags, 0x35);
    EXPECT_EQ(pv_le32_get(wire.head.reserved), 0U);
    EXPECT_EQ(pv_le64_get(wire.sector), 0x0102030405060708U);
    EXPECT_EQ(pv_le32_get(wire.data.grant), data.grant.value);
    EXPECT_EQ(pv_le32_get(wire.data.offset), data.offset);
    EXPECT_EQ(pv_le32_get(wire.data.length), data.length);
    EXPECT_EQ(pv_le32_get(wire.data.reserved), 0U);
}

TEST(BlkRequest, IsZeroWhereItSaysNothing)
{
    const Request request = {PV_BLK_FLUSH, false, 0, 0, {}};
    const pv_blk_request flush = encoded(request, 7, 0, length_alone(request));
    pv_blk_request expected = {};

    expected.head.id = pv_le16_of(7);
    expected.head.operation = PV_BLK_FLUSH;
    EXPECT_EQ(std::memcmp(&flush, &expected, sizeof(flush)), 0);
}

TEST(BlkRequest, HasALengthWhereItHasNoMemory)
{
    const auto bytes = [](uint32_t sectors) {
        return length_alone({PV_BLK_DISCARD, false, 8, sectors, {}}).length;
    };

    EXPECT_EQ(bytes(8), 4096U);
    EXPECT_EQ(bytes(PV_BLK_CLEAR_SECTORS_MAX), 1U << 31);
    // What no disk takes stays what no disk takes, and does not become short.
    for (const uint32_t sectors : {PV_BLK_CLEAR_SECTORS_MAX + 1, 1U << 23, (1U << 23) + 8, ~0U})
        EXPECT_EQ(bytes(sectors), (1U << 31) + 512);
}

TEST(BlkRequest, TablesHoldSegments)
{
    std::array<pv_segment, 4> table = {};
    const std::array<Segment, 3> segments = {{{{1}, 0, 512}, {{2}, 4096, 1024}, {{3}, 512, 4096}}};

    std::memset(table.data(), 0xff, sizeof(table));
    encode_table(pv_shared_from_pointer(table.data()), segments);
    for (std::size_t i = 0; i < segments.size(); i++) {
        EXPECT_EQ(pv_le32_get(table[i].grant), segments[i].grant.value);
        EXPECT_EQ(pv_le32_get(table[i].offset), segments[i].offset);
        EXPECT_EQ(pv_le32_get(table[i].length), segments[i].length);
        EXPECT_EQ(pv_le32_get(table[i].reserved), 0U);
    }
    EXPECT_EQ(pv_le32_get(table[3].grant), UINT32_MAX);
}

TEST(BlkRequest, OnlyWhatWasAgreedOnIsAskedFor)
{
    constexpr uint32_t always = 1U << PV_BLK_READ | 1U << PV_BLK_IDENTIFY;
    constexpr uint32_t all = (1U << PV_BLK_OPERATIONS) - 1;

    EXPECT_EQ(operations_of(0), always | 1U << PV_BLK_WRITE);
    EXPECT_EQ(operations_of(PV_BLK_FEATURES & ~PV_BLK_FEATURE_READ_ONLY), all);
    EXPECT_EQ(operations_of(PV_BLK_FEATURES), always | 1U << PV_BLK_FLUSH);
    EXPECT_EQ(operations_of(PV_BLK_FEATURE_DISCARD),
              always | 1U << PV_BLK_WRITE | 1U << PV_BLK_DISCARD);
    EXPECT_EQ(operations_of(PV_BLK_FEATURE_WRITE_ZEROES),
              always | 1U << PV_BLK_WRITE | 1U << PV_BLK_WRITE_ZEROES);
}

} // namespace
} // namespace keel::blk
