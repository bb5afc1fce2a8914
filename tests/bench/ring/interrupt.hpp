// SPDX-License-Identifier: Apache-2.0
//
// SIGINT, SIGTERM and SIGHUP end a run in order: the children are killed, what was changed is put back.
#pragma once

namespace paravane::bench {

// From here on the three signals only set a flag and end the system call that waits.
void catch_interrupts();

[[nodiscard]] bool interrupted();

} // namespace paravane::bench
