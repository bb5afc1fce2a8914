// SPDX-License-Identifier: Apache-2.0
//
// Ids in flight: all small depths, and all ids of a message.
#include <algorithm>
#include <cstdint>
#include <set>

#include <gtest/gtest.h>

#include "property.hpp"
#include "rings.hpp"

namespace paravane::unit {

namespace {

uint32_t count_bits(uint32_t bits)
{
    return static_cast<uint32_t>(__builtin_popcount(bits));
}

// Every depth to 7, every set in flight, every id freed after it, with the search starting anywhere.
PARAVANE_PROPERTY(acquire_gives_a_free_known_id, "acquire-gives-a-free-known-id")
{
    for (uint32_t depth = 1; depth <= 7; depth++)
        for (uint32_t set = 0; set < 1U << depth; set++) {
            pv_violations violations = {};
            pv_ids ids = {};
            ASSERT_EQ(pv_ids_init(&ids, depth, &violations), PV_RULE_KEPT);
            for (uint32_t id = 0; id < depth; id++)
                if ((set >> id & 1) != 0)
                    pv_ids_mark(&ids, id);
            ASSERT_EQ(ids.pending, count_bits(set));
            uint32_t held = set;
            for (uint32_t left = depth - count_bits(set); left > 0; left--) {
                const uint32_t id = pv_ids_acquire(&ids);
                ASSERT_LT(id, depth);
                ASSERT_EQ(held >> id & 1, 0U) << "id " << id << " was in flight";
                held |= 1U << id;
                ASSERT_TRUE(pv_ids_pending(&ids, id));
            }
            ASSERT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
            ASSERT_EQ(ids.pending, depth);
            for (uint32_t id = 0; id < depth; id++) {
                pv_ids_clear(&ids, id);
                ASSERT_FALSE(pv_ids_pending(&ids, id));
                ASSERT_EQ(ids.pending, depth - 1);
                ASSERT_EQ(pv_ids_acquire(&ids), id) << "the only free one";
            }
        }
}

// Every depth to 300: all ids once, then none; each is found again wherever the search stood.
PARAVANE_PROPERTY(every_id_once_then_none, "every-id-once-then-none")
{
    for (uint32_t depth = 1; depth <= 300; depth++) {
        pv_violations violations = {};
        pv_ids ids = {};
        std::set<uint32_t> got;
        ASSERT_EQ(pv_ids_init(&ids, depth, &violations), PV_RULE_KEPT);
        for (uint32_t i = 0; i < depth; i++)
            got.insert(pv_ids_acquire(&ids));
        ASSERT_EQ(got.size(), depth);
        ASSERT_EQ(*got.rbegin(), depth - 1);
        ASSERT_EQ(pv_ids_acquire(&ids), PV_ID_NONE);
        for (uint32_t id = 0; id < depth; id++) {
            pv_ids_clear(&ids, id);
            ids.hint = (id * 7) % ((depth + 63) / 64);
            ASSERT_EQ(pv_ids_acquire(&ids), id);
        }
    }
}

PARAVANE_PROPERTY(depth_accepted_iff_both_rings_hold_it, "depth-accepted-iff-both-rings-hold-it")
{
    static pv_frontend_queue front;
    static pv_backend_queue back;
    const auto check = [](uint32_t depth, uint32_t requests, uint32_t responses) {
        pv_violations violations = {};
        const bool legal = depth >= 1 && depth <= std::min(requests, responses);
        const pv_rule expected = legal ? PV_RULE_KEPT : PV_RULE_DEPTH;
        front.requests.side.slots = back.requests.side.slots = requests;
        front.responses.side.slots = back.responses.side.slots = responses;
        front.responses.side.violations = back.responses.side.violations = &violations;
        ASSERT_EQ(pv_frontend_queue_init(&front, depth), expected)
            << depth << " of " << requests << " and " << responses;
        ASSERT_EQ(pv_backend_queue_init(&back, depth, {1, 0}), expected)
            << depth << " of " << requests << " and " << responses;
        ASSERT_EQ(front.ids.depth, legal ? depth : 0);
        ASSERT_EQ(back.ids.depth, legal ? depth : 0);
        ASSERT_EQ(violations.count[PV_RULE_DEPTH], legal ? 0U : 2U);
    };
    for (uint32_t requests = 2; requests <= 32768; requests *= 2)
        for (uint32_t responses = 2; responses <= 32768; responses *= 2)
            for (uint32_t bound : {0U, requests, responses, 65536U, 0x80000000U})
                for (uint32_t low = 0; low < 3; low++)
                    check(bound + low - 1, requests, responses);
    check(1, 0, 2);
    check(1, 2, 0);
    check(0, 0, 0);
}

PARAVANE_PROPERTY(ids_depth_accepted_iff_in_range, "ids-depth-accepted-iff-in-range")
{
    pv_ids ids = {};
    const auto check = [&ids](uint32_t depth) {
        pv_violations violations = {};
        const bool legal = depth >= 1 && depth <= 32768;
        ASSERT_EQ(pv_ids_init(&ids, depth, &violations), legal ? PV_RULE_KEPT : PV_RULE_DEPTH);
        ASSERT_EQ(ids.depth, legal ? depth : 0);
        ASSERT_EQ(violations.count[PV_RULE_DEPTH], legal ? 0U : 1U);
    };
    for (uint32_t depth = 0; depth <= 33000; depth++)
        check(depth);
    for (uint32_t depth : {65535U, 65536U, 0x80000000U, 0xffffffffU})
        check(depth);
}

void mark_all(pv_ids &ids, uint32_t set)
{
    for (uint32_t id = 0; id < 32; id++)
        if ((set >> id & 1) != 0)
            pv_ids_mark(&ids, id);
}

// Every set in flight at depths to 5, every id that a message can hold.
PARAVANE_PROPERTY(response_accepted_iff_in_flight, "response-accepted-iff-in-flight")
{
    static pv_frontend_queue queue;
    for (uint32_t depth = 1; depth <= 5; depth++)
        for (uint32_t set = 0; set < 1U << depth; set++) {
            pv_violations violations = {};
            ASSERT_EQ(pv_ids_init(&queue.ids, depth, &violations), PV_RULE_KEPT);
            mark_all(queue.ids, set);
            for (uint32_t id = 0; id <= 0xffff; id++) {
                const pv_response_head response{pv_le16_of(static_cast<uint16_t>(id)), {}, {}};
                const pv_rule expected = id >= depth            ? PV_RULE_RESPONSE_ID
                                         : (set >> id & 1) == 0 ? PV_RULE_RESPONSE_NOT_PENDING
                                                                : PV_RULE_KEPT;
                ASSERT_EQ(pv_frontend_response_check(&queue, &response), expected) << id;
            }
        }
}

PARAVANE_PROPERTY(request_accepted_iff_not_in_flight, "request-accepted-iff-not-in-flight")
{
    static pv_backend_queue queue;
    queue.protocol = {1, 0};
    for (uint32_t depth = 1; depth <= 5; depth++)
        for (uint32_t set = 0; set < 1U << depth; set++) {
            pv_violations violations = {};
            ASSERT_EQ(pv_ids_init(&queue.ids, depth, &violations), PV_RULE_KEPT);
            mark_all(queue.ids, set);
            for (uint32_t id = 0; id <= 0xffff; id++) {
                const pv_request_head request{pv_le16_of(static_cast<uint16_t>(id)), 0, 0, {}};
                const pv_rule expected = id >= depth            ? PV_RULE_REQUEST_ID
                                         : (set >> id & 1) != 0 ? PV_RULE_REQUEST_PENDING
                                                                : PV_RULE_KEPT;
                ASSERT_EQ(pv_backend_request_check(&queue, &request), expected) << id;
            }
        }
}

PARAVANE_PROPERTY(status_accepted_iff_error_or_zero, "status-accepted-iff-zero-or-an-error")
{
    static pv_frontend_queue queue;
    pv_violations violations = {};
    ASSERT_EQ(pv_ids_init(&queue.ids, 1, &violations), PV_RULE_KEPT);
    pv_ids_mark(&queue.ids, 0);
    const auto check = [](int64_t status) {
        const pv_response_head response{{}, {}, pv_le32_of(static_cast<uint32_t>(status))};
        const bool legal = status <= 0 && status >= -4095;
        ASSERT_EQ(pv_frontend_response_check(&queue, &response),
                  legal ? PV_RULE_KEPT : PV_RULE_RESPONSE_STATUS)
            << status;
    };
    for (int64_t status = -70000; status <= 70000; status++)
        check(status);
    for (int bit = 16; bit < 31; bit++)
        for (int64_t low = -1; low <= 1; low++) {
            check((int64_t{1} << bit) + low);
            check(-(int64_t{1} << bit) + low);
        }
    check(INT32_MAX);
    check(INT32_MIN);
}

PARAVANE_PROPERTY(reserved_accepted_iff_zero, "reserved-field-accepted-iff-zero")
{
    static pv_frontend_queue frontend;
    static pv_backend_queue backend;
    pv_violations violations = {};
    backend.protocol = {1, 0};
    ASSERT_EQ(pv_ids_init(&frontend.ids, 1, &violations), PV_RULE_KEPT);
    ASSERT_EQ(pv_ids_init(&backend.ids, 1, &violations), PV_RULE_KEPT);
    pv_ids_mark(&frontend.ids, 0);
    for (uint32_t value = 0; value <= 0xffff; value++) {
        const pv_response_head response{{}, pv_le16_of(static_cast<uint16_t>(value)), {}};
        ASSERT_EQ(pv_frontend_response_check(&frontend, &response),
                  value == 0 ? PV_RULE_KEPT : PV_RULE_RESPONSE_RESERVED);
        for (uint32_t shift : {0U, 8U, 16U}) {
            const pv_request_head request{{}, 0, 0, pv_le32_of(value << shift)};
            ASSERT_EQ(pv_backend_request_check(&backend, &request),
                      value << shift == 0 ? PV_RULE_KEPT : PV_RULE_REQUEST_RESERVED);
        }
    }
}

// All operations against masks of one bit, all but one bit, none and all; all flags against all.
PARAVANE_PROPERTY(request_accepted_iff_offered, "request-accepted-iff-offered")
{
    static pv_backend_queue queue;
    pv_violations violations = {};
    ASSERT_EQ(pv_ids_init(&queue.ids, 1, &violations), PV_RULE_KEPT);
    for (unsigned int operation = 0; operation < 256; operation++)
        for (unsigned int bit = 0; bit < 64; bit++)
            for (bool inverted : {false, true}) {
                const uint64_t mask = uint64_t{1} << bit;
                queue.protocol = {inverted ? ~mask : mask, 0};
                const pv_request_head request{{}, static_cast<uint8_t>(operation), 0, {}};
                const bool offered = operation < 64 && (operation == bit) != inverted;
                ASSERT_EQ(pv_backend_request_check(&queue, &request),
                          offered ? PV_RULE_KEPT : PV_RULE_OPERATION)
                    << operation << ", bit " << bit;
            }
    for (unsigned int offered = 0; offered < 256; offered++)
        for (unsigned int flags = 0; flags < 256; flags++) {
            queue.protocol = {UINT64_MAX, static_cast<uint8_t>(offered)};
            const pv_request_head request{{}, 63, static_cast<uint8_t>(flags), {}};
            bool legal = true;
            for (unsigned int bit = 1; bit < 256; bit *= 2)
                legal = legal && ((flags & bit) == 0 || (offered & bit) != 0);
            ASSERT_EQ(pv_backend_request_check(&queue, &request),
                      legal ? PV_RULE_KEPT : PV_RULE_REQUEST_FLAGS)
                << flags << " of " << offered;
        }
}

} // namespace

} // namespace paravane::unit
