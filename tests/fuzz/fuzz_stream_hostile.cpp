// SPDX-License-Identifier: Apache-2.0
//
// A writer whose reader is hostile and a reader whose writer is, on two rings.
#include "sides.hpp"

using namespace paravane::fuzz;

std::vector<pv_rule> reachable_rules()
{
    return {PV_RULE_SLOTS,         PV_RULE_ALIGNMENT,
            PV_RULE_MEMORY,        PV_RULE_RESERVED_CONTROL,
            PV_RULE_PRODUCER_PAST, PV_RULE_PRODUCER_BACK,
            PV_RULE_CONSUMER_PAST, PV_RULE_CONSUMER_BACK,
            PV_RULE_STATE,         PV_RULE_REOPENED,
            PV_RULE_MOVED_CLOSED};
}

namespace {

template <typename Driver> void step(Driver &driver, Input &input)
{
    const uint32_t which = input.below(16);
    if (which < 6)
        driver.ring.peer_acts(input);
    else if (which < 15)
        driver.call(input);
    else
        driver.attach(input);
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input(data, size);
    pv_violations violations = {};
    WriterDriver writer(violations);
    ReaderDriver reader(violations);

    writer.call(input);
    reader.call(input);
    writer.attach(input);
    reader.attach(input);
    while (!input.at_end())
        if (input.below(2) == 0)
            step(writer, input);
        else
            step(reader, input);
    check_counts(violations, {&writer.ring, &reader.ring});
    return 0;
}
