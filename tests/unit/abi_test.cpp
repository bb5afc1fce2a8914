// SPDX-License-Identifier: Apache-2.0
//
// The wire by literal numbers and by hand-written bytes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "abi_c.h"
#include <paravane/blk.h>
#include <paravane/console.h>
#include <paravane/net.h>
#include <paravane/ring.h>
#include <paravane/side.h>
}

namespace paravane::unit {

namespace {

#define SIZE(type)                                                                                 \
    {                                                                                              \
#type, sizeof(struct type)                                                                 \
    }
#define MEMBER(type, member)                                                                       \
    {                                                                                              \
#type " " #member, offsetof(struct type, member)                                           \
    }

std::map<std::string, size_t> facts_of_cxx()
{
    return {
#include "abi_facts.inc"
    };
}

#undef SIZE
#undef MEMBER

// Written by hand; docs/abi.md has the same numbers, but for the protocols that are drafts.
const std::map<std::string, size_t> literal = {
    {"pv_le16", 2},
    {"pv_le32", 4},
    {"pv_le64", 8},
    {"pv_ring_index_line", 128},
    {"pv_ring_index_line index", 0},
    {"pv_ring_index_line state", 4},
    {"pv_ring_index_line reserved", 8},
    {"pv_ring_event_line", 128},
    {"pv_ring_event_line event", 0},
    {"pv_ring_event_line reserved", 4},
    {"pv_ring_control", 512},
    {"pv_ring_control producer", 0},
    {"pv_ring_control producer_event", 128},
    {"pv_ring_control consumer", 256},
    {"pv_ring_control consumer_event", 384},
    {"pv_request_head", 8},
    {"pv_request_head id", 0},
    {"pv_request_head operation", 2},
    {"pv_request_head flags", 3},
    {"pv_request_head reserved", 4},
    {"pv_response_head", 8},
    {"pv_response_head id", 0},
    {"pv_response_head reserved", 2},
    {"pv_response_head status", 4},
    {"pv_segment", 16},
    {"pv_segment grant", 0},
    {"pv_segment offset", 4},
    {"pv_segment length", 8},
    {"pv_segment reserved", 12},
    {"pv_blk_request", 32},
    {"pv_blk_request head", 0},
    {"pv_blk_request sector", 8},
    {"pv_blk_request data", 16},
    {"pv_blk_response", 16},
    {"pv_blk_response head", 0},
    {"pv_blk_response reserved", 8},
    {"pv_net_request", 32},
    {"pv_net_request head", 0},
    {"pv_net_request gso_type", 8},
    {"pv_net_request gso_size", 10},
    {"pv_net_request checksum_start", 12},
    {"pv_net_request checksum_offset", 14},
    {"pv_net_request segment", 16},
    {"pv_net_response", 32},
    {"pv_net_response head", 0},
    {"pv_net_response length", 8},
    {"pv_net_response flags", 12},
    {"pv_net_response reserved0", 13},
    {"pv_net_response gso_type", 14},
    {"pv_net_response gso_size", 16},
    {"pv_net_response header_length", 18},
    {"pv_net_response checksum_start", 20},
    {"pv_net_response checksum_offset", 22},
    {"pv_net_response flow_hash", 24},
    {"pv_net_response reserved1", 28},
    {"pv_console_event", 16},
    {"pv_console_event kind", 0},
    {"pv_console_event columns", 2},
    {"pv_console_event rows", 4},
    {"pv_console_event reserved0", 6},
    {"pv_console_event reserved1", 8},
};

// Private to each side, so without a number; both languages must agree all the same.
bool is_private(const std::string &what)
{
    return what.starts_with("pv_side");
}

TEST(Abi, CxxLayoutIsLiteral)
{
    std::map<std::string, size_t> facts = facts_of_cxx();
    std::erase_if(facts, [](const auto &fact) { return is_private(fact.first); });
    EXPECT_EQ(facts, literal);
}

TEST(Abi, CAgreesWithCxx)
{
    std::map<std::string, size_t> of_c;
    for (const abi_fact *fact = abi_facts_of_c(); fact->what != nullptr; fact++)
        of_c[fact->what] = fact->value;
    EXPECT_EQ(of_c, facts_of_cxx());
}

template <typename T> std::array<unsigned char, sizeof(T)> bytes_of(const T &message)
{
    std::array<unsigned char, sizeof(T)> bytes = {};
    std::memcpy(bytes.data(), &message, sizeof(T));
    return bytes;
}

TEST(Abi, FieldsAreLittleEndian)
{
    using Two = std::array<unsigned char, 2>;
    using Four = std::array<unsigned char, 4>;
    using Eight = std::array<unsigned char, 8>;
    EXPECT_EQ(bytes_of(pv_le16_of(0x1234)), (Two{0x34, 0x12}));
    EXPECT_EQ(bytes_of(pv_le32_of(0x12345678)), (Four{0x78, 0x56, 0x34, 0x12}));
    EXPECT_EQ(bytes_of(pv_le64_of(0x0123456789abcdef)),
              (Eight{0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01}));
    for (unsigned int bit = 0; bit < 64; bit++) {
        const uint64_t value = uint64_t{1} << bit;
        ASSERT_EQ(pv_le64_get(pv_le64_of(value)), value);
        ASSERT_EQ(pv_le32_get(pv_le32_of(static_cast<uint32_t>(value))), value & 0xffffffff);
        ASSERT_EQ(pv_le16_get(pv_le16_of(static_cast<uint16_t>(value))), value & 0xffff);
    }
}

pv_segment segment(uint32_t grant, uint32_t offset, uint32_t length)
{
    return {pv_le32_of(grant), pv_le32_of(offset), pv_le32_of(length), pv_le32_of(0)};
}

TEST(Abi, BlockRequestIsTheseBytes)
{
    const pv_blk_request request = {{pv_le16_of(0x0102), PV_BLK_WRITE_ZEROES,
                                     PV_BLK_FLAG_FUA | PV_BLK_FLAG_INDIRECT, pv_le32_of(0)},
                                    pv_le64_of(0x1112131415161718),
                                    segment(0x31323334, 0x41424344, 0x51525354)};
    const std::array<unsigned char, 32> image = {0x02, 0x01, 4,    3,    0,    0,    0,    0,
                                                 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
                                                 0x34, 0x33, 0x32, 0x31, 0x44, 0x43, 0x42, 0x41,
                                                 0x54, 0x53, 0x52, 0x51, 0,    0,    0,    0};
    EXPECT_EQ(bytes_of(request), image);
}

TEST(Abi, ResponsesAreTheseBytes)
{
    const pv_blk_response blk = {
        {pv_le16_of(0xfeff), pv_le16_of(0), pv_le32_of(static_cast<uint32_t>(-5))}, pv_le64_of(0)};
    const std::array<unsigned char, 16> blk_image = {0xff, 0xfe, 0, 0, 0xfb, 0xff, 0xff, 0xff,
                                                     0,    0,    0, 0, 0,    0,    0,    0};
    EXPECT_EQ(bytes_of(blk), blk_image);
    const pv_net_response net = {{pv_le16_of(7), pv_le16_of(0), pv_le32_of(0)},
                                 pv_le32_of(0x00010203),
                                 PV_NET_FLAG_CHECKSUM_GOOD,
                                 0,
                                 pv_le16_of(PV_NET_GSO_TCP6),
                                 pv_le16_of(0x0506),
                                 pv_le16_of(0x0708),
                                 pv_le16_of(0x090a),
                                 pv_le16_of(0x0b0c),
                                 pv_le32_of(0x0d0e0f10),
                                 pv_le32_of(0)};
    const std::array<unsigned char, 32> net_image = {7,  0,  0,  0,  0,  0,  0, 0, 3, 2,  1,
                                                     0,  4,  0,  2,  0,  6,  5, 8, 7, 10, 9,
                                                     12, 11, 16, 15, 14, 13, 0, 0, 0, 0};
    EXPECT_EQ(bytes_of(net), net_image);
}

TEST(Abi, NetworkRequestAndConsoleEventAreTheseBytes)
{
    const pv_net_request net = {{pv_le16_of(1), PV_NET_RECEIVE,
                                 PV_NET_FLAG_MORE | PV_NET_FLAG_CHECKSUM_BLANK, pv_le32_of(0)},
                                pv_le16_of(PV_NET_GSO_UDP),
                                pv_le16_of(0x0102),
                                pv_le16_of(0x0304),
                                pv_le16_of(0x0506),
                                segment(0xa1a2a3a4, 0xb1b2b3b4, 0xc1c2c3c4)};
    const std::array<unsigned char, 32> net_image = {
        1,    0,    1,    3,    0,    0,    0,    0,    3,    0,    2,    1,    4, 3, 6, 5,
        0xa4, 0xa3, 0xa2, 0xa1, 0xb4, 0xb3, 0xb2, 0xb1, 0xc4, 0xc3, 0xc2, 0xc1, 0, 0, 0, 0};
    EXPECT_EQ(bytes_of(net), net_image);
    const pv_console_event event = {pv_le16_of(PV_CONSOLE_BREAK), pv_le16_of(132),
                                    pv_le16_of(0x0150), pv_le16_of(0), pv_le64_of(0)};
    const std::array<unsigned char, 16> event_image = {1, 0, 132, 0, 0x50, 1, 0, 0,
                                                       0, 0, 0,   0, 0,    0, 0, 0};
    EXPECT_EQ(bytes_of(event), event_image);
}

TEST(Abi, ConstantsAreTheseNumbers)
{
    EXPECT_EQ(PV_PAGE_SIZE, 4096U);
    EXPECT_EQ(PV_RING_SLOTS_MIN, 2U);
    EXPECT_EQ(PV_RING_SLOTS_MAX, 32768U);
    EXPECT_EQ(PV_SLOT_SIZE_MIN, 16U);
    EXPECT_EQ(PV_SLOT_SIZE_MAX, 256U);
    EXPECT_EQ(PV_RING_LINE, 128U);
    EXPECT_EQ(PV_RING_OPEN, 0U);
    EXPECT_EQ(PV_RING_CLOSED, 1U);
    EXPECT_EQ(PV_STATUS_ERROR_MAX, 4095);
    EXPECT_EQ(PV_BLK_READ, 0);
    EXPECT_EQ(PV_BLK_IDENTIFY, 5);
    EXPECT_EQ(PV_NET_TRANSMIT, 0);
    EXPECT_EQ(PV_CONSOLE_RESIZE, 0);
}

} // namespace

} // namespace paravane::unit
