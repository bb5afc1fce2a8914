// SPDX-License-Identifier: Apache-2.0
//
// Which geometries and places are accepted, and what put() and take() touch in them.
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

bool is_slots(uint32_t slots)
{
    for (uint32_t legal = 2; legal <= 32768; legal *= 2)
        if (slots == legal)
            return true;
    return false;
}

bool is_slot_size(uint32_t size)
{
    for (uint32_t legal = 16; legal <= 256; legal += 16)
        if (size == legal)
            return true;
    return false;
}

std::vector<uint32_t> numbers_to(uint32_t end)
{
    std::vector<uint32_t> numbers;
    for (uint32_t i = 0; i <= end; i++)
        numbers.push_back(i);
    for (uint32_t bit = 0; bit < 32; bit++)
        for (uint32_t low = 0; low < 3; low++)
            numbers.push_back((1U << bit) - 1 + low);
    numbers.push_back(0xffffffff);
    return numbers;
}

PARAVANE_PROPERTY(slots_accepted_iff_power_of_two, "slots-accepted-iff-power-of-two-in-range")
{
    for (uint32_t slots : numbers_to(100000))
        ASSERT_EQ(pv_ring_geometry_check({slots, 64}),
                  is_slots(slots) ? PV_RULE_KEPT : PV_RULE_SLOTS)
            << slots;
}

PARAVANE_PROPERTY(slot_size_accepted_iff_multiple, "slot-size-accepted-iff-multiple-in-range")
{
    for (uint32_t size : numbers_to(5000))
        for (uint32_t slots : {2U, 64U, 32768U})
            ASSERT_EQ(pv_ring_geometry_check({slots, size}),
                      is_slot_size(size) ? PV_RULE_KEPT : PV_RULE_SLOT_SIZE)
                << size;
}

PARAVANE_PROPERTY(stream_size_accepted_iff_power, "stream-size-accepted-iff-power-of-two-in-range")
{
    for (uint32_t size : numbers_to(100000)) {
        bool legal = false;
        for (uint32_t power = 16; power <= 16U << 20; power *= 2)
            legal = legal || size == power;
        ASSERT_EQ(pv_stream_place_check(pv_shared{4096}, UINT64_MAX, size),
                  legal ? PV_RULE_KEPT : PV_RULE_SLOTS)
            << size;
    }
}

// For every legal geometry: its exact size is enough, a byte less is not; every 128th address is
// aligned enough and no other is.
PARAVANE_PROPERTY(place_accepted_iff_it_fits, "place-accepted-iff-it-fits")
{
    for (uint32_t slots = 2; slots <= 32768; slots *= 2)
        for (uint32_t size = 16; size <= 256; size += 16) {
            const uint64_t bytes = 512 + uint64_t{slots} * size;
            ASSERT_EQ(pv_ring_bytes({slots, size}), bytes);
            for (uintptr_t address = 4096; address < 4096 + 300; address++) {
                const bool aligned = address % 128 == 0;
                ASSERT_EQ(pv_ring_place_check(pv_shared{address}, bytes, {slots, size}),
                          aligned ? PV_RULE_KEPT : PV_RULE_ALIGNMENT);
                ASSERT_EQ(pv_ring_place_check(pv_shared{address}, bytes - 1, {slots, size}),
                          aligned ? PV_RULE_MEMORY : PV_RULE_ALIGNMENT);
            }
            ASSERT_EQ(pv_ring_place_check(pv_shared{4096}, 0, {slots, size}), PV_RULE_MEMORY);
            ASSERT_EQ(pv_ring_place_check(pv_shared{4096}, UINT64_MAX, {slots, size}),
                      PV_RULE_KEPT);
        }
    for (uint32_t size = 16; size <= 16U << 20; size *= 2)
        for (uintptr_t address = 4096; address < 4096 + 300; address++) {
            const bool aligned = address % 128 == 0;
            ASSERT_EQ(pv_stream_place_check(pv_shared{address}, 512 + uint64_t{size}, size),
                      aligned ? PV_RULE_KEPT : PV_RULE_ALIGNMENT);
            ASSERT_EQ(pv_stream_place_check(pv_shared{address}, 511 + uint64_t{size}, size),
                      aligned ? PV_RULE_MEMORY : PV_RULE_ALIGNMENT);
        }
}

// Every slot of every small ring: put writes its message there, whole, and no other byte anywhere.
PARAVANE_PROPERTY(put_writes_its_slot_alone, "put-writes-its-slot-alone")
{
    for (uint32_t slots : {2U, 4U, 8U})
        for (uint32_t size = 16; size <= 256; size += 16) {
            const pv_ring_geometry geometry{slots, size};
            RingMemory memory(geometry);
            for (uint32_t start : starts) {
                memory.restore(std::vector<unsigned char>(memory.bytes(), 0));
                memory.set_word(layout::producer_index, start);
                memory.set_word(layout::consumer_index, start);
                pv_violations violations = {};
                pv_producer producer = {};
                ASSERT_EQ(pv_producer_attach(&producer, memory.at(), memory.bytes(), geometry,
                                             start, &violations),
                          PV_RULE_KEPT);
                std::vector<unsigned char> expected = memory.image();
                for (uint32_t i = 0; i < slots; i++) {
                    const auto message = messages_from(start + i, 1, size);
                    ASSERT_EQ(pv_producer_put(&producer, message.data(), size, 1), 1U);
                    write_pattern(&expected[layout::slots + (start + i) % slots * size], start + i,
                                  size);
                    ASSERT_EQ(memory.image(), expected) << slots << " slots of " << size;
                }
                ASSERT_EQ(pv_producer_put(&producer, expected.data(), size, 1), 0U);
                ASSERT_EQ(memory.image(), expected) << "a full ring was written";
            }
            ASSERT_TRUE(memory.guards_hold());
        }
}

// The log's message goes to its own slot, exactly as the put that it repeats would write it.
PARAVANE_PROPERTY(restore_writes_what_put_wrote, "restore-writes-what-put-wrote")
{
    for (uint32_t slots : {2U, 4U, 8U})
        for (uint32_t size : {16U, 48U, 256U}) {
            const pv_ring_geometry geometry{slots, size};
            RingMemory memory(geometry);
            for (uint32_t start : starts) {
                memory.restore(std::vector<unsigned char>(memory.bytes(), 0));
                std::vector<unsigned char> expected = memory.image();
                const auto message = messages_from(start, 1, size);
                ASSERT_EQ(pv_producer_restore(memory.at(), memory.bytes(), geometry, start,
                                              message.data()),
                          PV_RULE_KEPT);
                write_pattern(&expected[layout::slots + start % slots * size], start, size);
                ASSERT_EQ(memory.image(), expected);
                ASSERT_EQ(pv_producer_restore(memory.at(), memory.bytes() - 1, geometry, start + 1,
                                              message.data()),
                          PV_RULE_MEMORY);
                ASSERT_EQ(memory.image(), expected);
            }
        }
}

// Every number of bytes: a format zeroes all of them and none beside.
PARAVANE_PROPERTY(format_zeroes_exactly_its_bytes, "format-zeroes-exactly-its-bytes")
{
    RingMemory memory(1024);
    for (uint32_t bytes = 0; bytes <= 1024; bytes++) {
        std::vector<unsigned char> expected(1024, 0x5a);
        memory.restore(expected);
        pv_ring_format(memory.at(), bytes);
        std::fill_n(expected.begin(), bytes, static_cast<unsigned char>(0));
        ASSERT_EQ(memory.image(), expected) << bytes;
    }
    ASSERT_TRUE(memory.guards_hold());
}

} // namespace

} // namespace paravane::unit
