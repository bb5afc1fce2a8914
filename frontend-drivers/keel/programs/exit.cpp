// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/program.hpp"

namespace keel::program {

uint32_t exit(Words arguments)
{
    uint64_t status = 0;

    if (arguments.size() != 1 || !parse_number(arguments[0], 255, status)) {
        print("exit: give it one status, 0 to 255");
        return status_wrong_usage;
    }
    return static_cast<uint32_t>(status);
}

} // namespace keel::program
