// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/host_requests.hpp"
#include "frontend-drivers/keel/program.hpp"

namespace keel::program {

uint32_t wait(Words /*arguments*/)
{
    HostRequests requests;

    if (requests.error() != 0) {
        print("wait: the host does not tell when to power off: error {}", requests.error());
        return 1;
    }
    print("wait: until the host asks to power off");
    (void)requests.wait([] { return false; });
    print("wait: powering off");
    return 0;
}

} // namespace keel::program
