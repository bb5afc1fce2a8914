// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/program.hpp"

namespace keel::program {

uint32_t help(Words /*arguments*/)
{
    print("keel runs the program that its command line begins with:");
    for (const Program &program : programs())
        print("  {}{}{}: {}", program.name, program.usage.empty() ? "" : " ", program.usage,
              program.help);
    return 0;
}

} // namespace keel::program
