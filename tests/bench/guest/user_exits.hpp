// SPDX-License-Identifier: Apache-2.0
//
// How often vCPUs left the guest for this program. Counted where ioctl() is called, in our guests and in
// bare ones alike, which costs both a nanosecond or two.
#pragma once

#include <cstdint>

namespace paravane::bench {

[[nodiscard]] uint64_t user_exits();

} // namespace paravane::bench
