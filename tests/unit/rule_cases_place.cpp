// SPDX-License-Identifier: Apache-2.0
//
// Rules 1 to 6: what is checked when a side attaches.
#include <array>

#include "layout.hpp"
#include "rule_case.hpp"

namespace paravane::unit {

namespace {

template <typename T> std::unique_ptr<Victim> with_slots(pv_violations &violations, uint32_t slots)
{
    return victim<T>(
        violations,
        [&](T &side) {
            side.attach_at(side.ring.at(), UINT64_MAX, {slots, 16});
        },
        4U);
}

template <typename T>
std::unique_ptr<Victim> with_slot_size(pv_violations &violations, uint32_t size)
{
    return victim<T>(violations, [&](T &side) {
        side.attach_at(side.ring.at(), UINT64_MAX, {4, size});
    });
}

template <typename T> std::unique_ptr<Victim> at_offset(pv_violations &violations, uint32_t offset)
{
    return victim<T>(violations, [&](T &side) {
        side.attach_at(side.ring.at(offset), UINT64_MAX, {2, 16});
    });
}

template <typename T> std::unique_ptr<Victim> with_bytes(pv_violations &violations, uint64_t bytes)
{
    return victim<T>(violations, [&](T &side) { side.attach_at(side.ring.at(), bytes, {4, 16}); });
}

template <typename T> std::unique_ptr<Victim> with_byte_at(pv_violations &violations, uint32_t at)
{
    return victim<T>(violations, [&](T &side) {
        side.ring.set_byte(at, 0x80);
        side.attach();
    });
}

template <typename T> std::unique_ptr<Victim> of_size(pv_violations &violations, uint32_t size)
{
    return victim<T>(violations,
                     [&](T &side) { side.attach_at(side.ring.at(), UINT64_MAX, size); });
}

template <typename T> std::unique_ptr<Victim> whole(pv_violations &violations, uint32_t slots)
{
    return victim<T>(
        violations, [](T &side) { side.attach(); }, slots);
}

using Made = std::unique_ptr<Victim>;
using Counts = pv_violations;
using Producer = ProducerVictim;
using Consumer = ConsumerVictim;
using Writer = WriterVictim;
using Reader = ReaderVictim;

} // namespace

std::vector<RuleCase> breaks_of_place()
{
    return {
        {PV_RULE_SLOTS, "no_slots", [](Counts &v) { return with_slots<Producer>(v, 0); }},
        {PV_RULE_SLOTS, "one_slot", [](Counts &v) { return with_slots<Consumer>(v, 1); }},
        {PV_RULE_SLOTS, "three_slots", [](Counts &v) { return with_slots<Producer>(v, 3); }},
        {PV_RULE_SLOTS, "twice_the_most", [](Counts &v) { return with_slots<Consumer>(v, 65536); }},
        {PV_RULE_SLOTS, "stream_of_8", [](Counts &v) { return of_size<Writer>(v, 8); }},
        {PV_RULE_SLOTS, "stream_of_17", [](Counts &v) { return of_size<Reader>(v, 17); }},
        {PV_RULE_SLOTS, "stream_of_32_mib",
         [](Counts &v) { return of_size<Reader>(v, 32U << 20); }},
        {PV_RULE_SLOT_SIZE, "no_bytes", [](Counts &v) { return with_slot_size<Producer>(v, 0); }},
        {PV_RULE_SLOT_SIZE, "15_bytes", [](Counts &v) { return with_slot_size<Consumer>(v, 15); }},
        {PV_RULE_SLOT_SIZE, "24_bytes", [](Counts &v) { return with_slot_size<Producer>(v, 24); }},
        {PV_RULE_SLOT_SIZE, "272_bytes",
         [](Counts &v) { return with_slot_size<Consumer>(v, 272); }},
        {PV_RULE_ALIGNMENT, "one_byte_off", [](Counts &v) { return at_offset<Producer>(v, 1); }},
        {PV_RULE_ALIGNMENT, "half_a_line", [](Counts &v) { return at_offset<Consumer>(v, 64); }},
        {PV_RULE_ALIGNMENT, "stream_half_a_line",
         [](Counts &v) -> Made {
             return victim<Reader>(
                 v, [](Reader &side) { side.attach_at(side.ring.at(64), UINT64_MAX, 16); });
         }},
        {PV_RULE_MEMORY, "producer_short", [](Counts &v) { return with_bytes<Producer>(v, 575); }},
        {PV_RULE_MEMORY, "consumer_short", [](Counts &v) { return with_bytes<Consumer>(v, 575); }},
        {PV_RULE_MEMORY, "none", [](Counts &v) { return with_bytes<Consumer>(v, 0); }},
        {PV_RULE_MEMORY, "stream_short",
         [](Counts &v) -> Made {
             return victim<Writer>(v,
                                   [](Writer &side) { side.attach_at(side.ring.at(), 527, 16); });
         }},
        {PV_RULE_DEPTH, "frontend_none",
         [](Counts &v) -> Made { return std::make_unique<FrontendVictim>(v, 0); }},
        {PV_RULE_DEPTH, "frontend_beyond_responses",
         [](Counts &v) -> Made { return std::make_unique<FrontendVictim>(v, 5); }},
        {PV_RULE_DEPTH, "backend_none",
         [](Counts &v) -> Made { return std::make_unique<BackendVictim>(v, 0); }},
        {PV_RULE_DEPTH, "backend_beyond_responses",
         [](Counts &v) -> Made { return std::make_unique<BackendVictim>(v, 5); }},
        {PV_RULE_RESERVED_CONTROL, "after_producer_state",
         [](Counts &v) { return with_byte_at<Consumer>(v, 0x008); }},
        {PV_RULE_RESERVED_CONTROL, "end_of_producer_index_line",
         [](Counts &v) { return with_byte_at<Consumer>(v, 0x07f); }},
        {PV_RULE_RESERVED_CONTROL, "beside_producer_event",
         [](Counts &v) { return with_byte_at<Consumer>(v, 0x084); }},
        {PV_RULE_RESERVED_CONTROL, "end_of_producer_event_line",
         [](Counts &v) { return with_byte_at<Reader>(v, 0x0ff); }},
        {PV_RULE_RESERVED_CONTROL, "after_consumer_state",
         [](Counts &v) { return with_byte_at<Producer>(v, 0x108); }},
        {PV_RULE_RESERVED_CONTROL, "beside_consumer_event",
         [](Counts &v) { return with_byte_at<Writer>(v, 0x187); }},
        {PV_RULE_RESERVED_CONTROL, "end_of_control_block",
         [](Counts &v) { return with_byte_at<Producer>(v, 0x1ff); }},
    };
}

std::vector<RuleCase> limits_of_place()
{
    return {
        {PV_RULE_SLOTS, "two_slots", [](Counts &v) { return whole<Producer>(v, 2); }},
        {PV_RULE_SLOTS, "the_most", [](Counts &v) { return whole<Consumer>(v, 32768); }},
        {PV_RULE_SLOTS, "stream_of_16", [](Counts &v) { return whole<Writer>(v, 16); }},
        {PV_RULE_SLOTS, "stream_of_16_mib", [](Counts &v) { return whole<Reader>(v, 16U << 20); }},
        {PV_RULE_SLOT_SIZE, "16_bytes", [](Counts &v) { return with_slot_size<Producer>(v, 16); }},
        {PV_RULE_SLOT_SIZE, "256_bytes",
         [](Counts &v) { return with_slot_size<Consumer>(v, 256); }},
        {PV_RULE_ALIGNMENT, "one_line",
         [](Counts &v) -> Made {
             return victim<Producer>(
                 v,
                 [](Producer &side) {
                     side.attach_at(side.ring.at(128), side.ring.bytes() - 128, {4, 16});
                 },
                 64U);
         }},
        {PV_RULE_MEMORY, "exactly", [](Counts &v) { return with_bytes<Producer>(v, 576); }},
        {PV_RULE_MEMORY, "much_more",
         [](Counts &v) { return with_bytes<Consumer>(v, UINT64_MAX); }},
        {PV_RULE_DEPTH, "one",
         [](Counts &v) -> Made { return std::make_unique<FrontendVictim>(v, 1); }},
        {PV_RULE_DEPTH, "all_the_responses",
         [](Counts &v) -> Made { return std::make_unique<BackendVictim>(v, 4); }},
        {PV_RULE_RESERVED_CONTROL, "our_own_line",
         [](Counts &v) { return with_byte_at<Producer>(v, 0x0ff); }},
        {PV_RULE_RESERVED_CONTROL, "the_peers_event",
         [](Counts &v) { return with_byte_at<Consumer>(v, 0x083); }},
        {PV_RULE_RESERVED_CONTROL, "the_first_slot",
         [](Counts &v) { return with_byte_at<Consumer>(v, layout::slots); }},
    };
}

} // namespace paravane::unit
