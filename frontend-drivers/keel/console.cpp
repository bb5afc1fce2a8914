// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/console.hpp"

#include <algorithm>

#include "frontend-drivers/keel/hypercall.hpp"

namespace keel::console {

void write(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t bytes = std::min<std::size_t>(text.size(), PV_CONSOLE_IO_MAX);
        // Nobody is left to tell if this fails.
        (void)hypercall::console_io(guest_address_of(text.data()), bytes);
        text.remove_prefix(bytes);
    }
}

} // namespace keel::console
