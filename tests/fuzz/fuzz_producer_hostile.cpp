// SPDX-License-Identifier: Apache-2.0
//
// A consumer whose producer is hostile.
#include "sides.hpp"

using namespace paravane::fuzz;

std::vector<pv_rule> reachable_rules()
{
    return {PV_RULE_SLOTS,
            PV_RULE_SLOT_SIZE,
            PV_RULE_ALIGNMENT,
            PV_RULE_MEMORY,
            PV_RULE_RESERVED_CONTROL,
            PV_RULE_PRODUCER_PAST,
            PV_RULE_PRODUCER_BACK,
            PV_RULE_STATE,
            PV_RULE_REOPENED,
            PV_RULE_MOVED_CLOSED};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input(data, size);
    pv_violations violations = {};
    pv_consumer side = {};
    ConsumerDriver consumer(side, violations);

    consumer.call(input);
    consumer.attach(input, slot_size_of(input));
    while (!input.at_end()) {
        const uint32_t which = input.below(16);
        if (which < 6)
            consumer.ring.peer_acts(input);
        else if (which < 10)
            consumer.take(input);
        else if (which < 15)
            consumer.call(input);
        else
            consumer.attach(input, slot_size_of(input));
    }
    check_counts(violations, {&consumer.ring});
    return 0;
}
