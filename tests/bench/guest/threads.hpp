// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <sys/types.h>

namespace paravane::bench {

// The processes that a process has started and that are still there.
[[nodiscard]] std::vector<pid_t> children_of(pid_t process);

// All threads of this process's children go to that processor.
void pin_children_to(int core);

} // namespace paravane::bench
