// SPDX-License-Identifier: Apache-2.0
//
// Rules 14 to 22: what is in a request or a response.
#include <gtest/gtest.h>

#include "rule_case.hpp"

namespace paravane::unit {

namespace {

using Made = std::unique_ptr<Victim>;
using Counts = pv_violations;

pv_request_head request(uint16_t id, uint8_t operation = 0, uint8_t flags = 0,
                        uint32_t reserved = 0)
{
    return {pv_le16_of(id), operation, flags, pv_le32_of(reserved)};
}

pv_response_head response(uint16_t id, int32_t status = 0, uint16_t reserved = 0)
{
    return {pv_le16_of(id), pv_le16_of(reserved), pv_le32_of(static_cast<uint32_t>(status))};
}

// After one good request, id 1, which stays in flight.
Made asked(Counts &violations, const pv_request_head &head)
{
    return victim<BackendVictim>(violations, [&](BackendVictim &side) {
        side.ask(request(1));
        EXPECT_TRUE(side.take());
        side.ask(head);
        const uint32_t before = side.queue.ids.pending;
        const bool took = side.take();
        EXPECT_EQ(took, side.refused() == PV_RULE_KEPT);
        EXPECT_EQ(side.queue.ids.pending, before + (took ? 1 : 0));
    });
}

// After two requests, ids 0 and 1, of which the first was answered.
Made answered(Counts &violations, const pv_response_head &head)
{
    return victim<FrontendVictim>(violations, [&](FrontendVictim &side) {
        EXPECT_EQ(side.put(), 0U);
        EXPECT_EQ(side.put(), 1U);
        side.answer(response(0));
        EXPECT_TRUE(side.take());
        side.answer(head);
        const bool took = side.take();
        EXPECT_EQ(took, side.refused() == PV_RULE_KEPT);
        EXPECT_EQ(side.queue.ids.pending, took ? 0U : 1U);
    });
}

} // namespace

std::vector<RuleCase> breaks_of_messages()
{
    return {
        {PV_RULE_REQUEST_ID, "at_depth", [](Counts &v) { return asked(v, request(4)); }},
        {PV_RULE_REQUEST_ID, "the_largest", [](Counts &v) { return asked(v, request(65535)); }},
        {PV_RULE_REQUEST_PENDING, "again", [](Counts &v) { return asked(v, request(1)); }},
        {PV_RULE_OPERATION, "between", [](Counts &v) { return asked(v, request(2, 1)); }},
        {PV_RULE_OPERATION, "64", [](Counts &v) { return asked(v, request(2, 64)); }},
        {PV_RULE_OPERATION, "255", [](Counts &v) { return asked(v, request(2, 255)); }},
        {PV_RULE_REQUEST_FLAGS, "another", [](Counts &v) { return asked(v, request(2, 5, 1)); }},
        {PV_RULE_REQUEST_FLAGS, "one_more",
         [](Counts &v) { return asked(v, request(2, 5, 0x84)); }},
        {PV_RULE_REQUEST_RESERVED, "lowest_bit",
         [](Counts &v) { return asked(v, request(2, 5, 4, 1)); }},
        {PV_RULE_REQUEST_RESERVED, "highest_bit",
         [](Counts &v) { return asked(v, request(2, 5, 4, 0x80000000)); }},
        {PV_RULE_RESPONSE_ID, "at_depth", [](Counts &v) { return answered(v, response(4)); }},
        {PV_RULE_RESPONSE_ID, "the_largest",
         [](Counts &v) { return answered(v, response(65535)); }},
        {PV_RULE_RESPONSE_NOT_PENDING, "answered_before",
         [](Counts &v) { return answered(v, response(0)); }},
        {PV_RULE_RESPONSE_NOT_PENDING, "never_asked",
         [](Counts &v) { return answered(v, response(3)); }},
        {PV_RULE_RESPONSE_STATUS, "positive",
         [](Counts &v) { return answered(v, response(1, 1)); }},
        {PV_RULE_RESPONSE_STATUS, "most_negative",
         [](Counts &v) { return answered(v, response(1, INT32_MIN)); }},
        {PV_RULE_RESPONSE_STATUS, "one_too_negative",
         [](Counts &v) { return answered(v, response(1, -4096)); }},
        {PV_RULE_RESPONSE_RESERVED, "lowest_bit",
         [](Counts &v) { return answered(v, response(1, 0, 1)); }},
        {PV_RULE_RESPONSE_RESERVED, "highest_bit",
         [](Counts &v) { return answered(v, response(1, 0, 0x8000)); }},
    };
}

std::vector<RuleCase> limits_of_messages()
{
    return {
        {PV_RULE_REQUEST_ID, "the_last", [](Counts &v) { return asked(v, request(3)); }},
        {PV_RULE_REQUEST_PENDING, "beside", [](Counts &v) { return asked(v, request(0)); }},
        {PV_RULE_REQUEST_PENDING, "again_after_the_response",
         [](Counts &v) -> Made {
             return victim<BackendVictim>(v, [](BackendVictim &side) {
                 for (int round = 0; round < 3; round++) {
                     side.ask(request(2));
                     EXPECT_TRUE(side.take());
                     EXPECT_TRUE(side.respond(2));
                 }
             });
         }},
        {PV_RULE_OPERATION, "offered", [](Counts &v) { return asked(v, request(2, 5)); }},
        {PV_RULE_REQUEST_FLAGS, "offered", [](Counts &v) { return asked(v, request(2, 5, 4)); }},
        {PV_RULE_REQUEST_RESERVED, "zero", [](Counts &v) { return asked(v, request(2, 5, 4, 0)); }},
        {PV_RULE_RESPONSE_ID, "the_last",
         [](Counts &v) -> Made {
             return victim<FrontendVictim>(v, [](FrontendVictim &side) {
                 for (uint32_t id = 0; id < 4; id++)
                     EXPECT_EQ(side.put(), id);
                 side.answer(response(3));
                 EXPECT_TRUE(side.take());
             });
         }},
        {PV_RULE_RESPONSE_NOT_PENDING, "pending",
         [](Counts &v) { return answered(v, response(1)); }},
        {PV_RULE_RESPONSE_STATUS, "the_last_error",
         [](Counts &v) { return answered(v, response(1, -4095)); }},
        {PV_RULE_RESPONSE_RESERVED, "zero",
         [](Counts &v) { return answered(v, response(1, -1, 0)); }},
    };
}

} // namespace paravane::unit
