// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/program.hpp"

namespace keel::program {

uint32_t wait(Words /*arguments*/)
{
    bool asked = false;
    const auto bound =
        events::bind_virq(PV_VIRQ_SHUTDOWN, this_vcpu().id,
                          {[](void *flag) { *static_cast<bool *>(flag) = true; }, &asked});

    if (!bound.good()) {
        print("wait: the host does not tell when to power off: error {}", bound.error);
        return 1;
    }
    print("wait: until the host asks to power off");
    while (!asked)
        event_loop::turn_or_block();
    print("wait: powering off");
    return 0;
}

} // namespace keel::program
