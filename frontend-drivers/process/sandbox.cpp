// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/process/sandbox.hpp"

#include <array>
#include <memory>

#include <linux/futex.h>
#include <seccomp.h>
#include <sys/prctl.h>

namespace paravane::process {

Result<void> enter_sandbox()
{
    const std::unique_ptr<void, decltype(&seccomp_release)> filter(
        seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release);
    if (!filter)
        return Problem{"seccomp: no memory"};
    int failed = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    for (const int operation : {FUTEX_WAIT, FUTEX_WAKE}) {
        failed |= seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(futex), 1,
                                   SCMP_A1(SCMP_CMP_EQ, static_cast<scmp_datum_t>(operation)));
    }
    failed |= seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 0);
    failed |= seccomp_load(filter.get());
    if (failed != 0)
        return Problem{"seccomp: this kernel does not take the filter"};
    return {};
}

} // namespace paravane::process
