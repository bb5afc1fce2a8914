// SPDX-License-Identifier: Apache-2.0
//
// A producer whose consumer is hostile.
#include "sides.hpp"

using namespace paravane::fuzz;

std::vector<pv_rule> reachable_rules()
{
    return {PV_RULE_SLOTS,
            PV_RULE_SLOT_SIZE,
            PV_RULE_ALIGNMENT,
            PV_RULE_MEMORY,
            PV_RULE_RESERVED_CONTROL,
            PV_RULE_CONSUMER_PAST,
            PV_RULE_CONSUMER_BACK,
            PV_RULE_STATE,
            PV_RULE_REOPENED,
            PV_RULE_MOVED_CLOSED};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input(data, size);
    pv_violations violations = {};
    pv_producer side = {};
    ProducerDriver producer(side, violations);

    producer.call(input);
    producer.attach(input, slot_size_of(input));
    while (!input.at_end()) {
        const uint32_t which = input.below(16);
        if (which < 6)
            producer.ring.peer_acts(input);
        else if (which < 10)
            producer.put(input);
        else if (which < 15)
            producer.call(input);
        else
            producer.attach(input, slot_size_of(input));
    }
    check_counts(violations, {&producer.ring});
    return 0;
}
