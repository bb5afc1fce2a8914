// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/spinlock.hpp"

namespace keel::program {

uint32_t spin(Words arguments)
{
    if (arguments.size() > 1 || (arguments.size() == 1 && arguments[0] != "obey")) {
        print("spin: takes nothing, or the word obey");
        return status_wrong_usage;
    }
    if (arguments.empty()) {
        print("spin: busy for ever");
        for (;;)
            pause();
    }

    bool asked = false;
    const auto bound =
        events::bind_virq(PV_VIRQ_SHUTDOWN, this_vcpu().id,
                          {[](void *flag) { *static_cast<bool *>(flag) = true; }, &asked});
    if (!bound.good()) {
        print("spin: the host does not tell when to power off: error {}", bound.error);
        return 1;
    }
    print("spin: busy until the host asks to power off");
    while (!asked) {
        pause();
        (void)event_loop::turn();
    }
    return 0;
}

} // namespace keel::program
