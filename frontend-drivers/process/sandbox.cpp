// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/process/sandbox.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>

#include "hypercall/sandbox/sandbox.hpp"

namespace paravane::process {

Result<void> leave_host()
{
    // A sanitizer may have a thread of its own.
    if (!sandbox::suits_build)
        return {};
    return sandbox::leave_privileges();
}

Result<void> enter_sandbox()
{
    // The operations of mailboxes, on shared memory, and no others.
    constexpr std::array calls = {
        sandbox::allow(SYS_futex, {sandbox::equal_int(1, FUTEX_WAIT)}),
        sandbox::allow(SYS_futex, {sandbox::equal_int(1, FUTEX_WAKE)}),
        sandbox::allow(SYS_exit_group),
    };
    return sandbox::allow_only(calls);
}

} // namespace paravane::process
