// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/process/sandbox.hpp"

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
    for (const scmp_datum_t operation : {scmp_datum_t{FUTEX_WAIT}, scmp_datum_t{FUTEX_WAKE}}) {
        const scmp_arg_cmp is = {1, SCMP_CMP_EQ, operation, 0};
        failed |= seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(futex), 1, &is);
    }
    failed |=
        seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 0, nullptr);
    failed |= seccomp_load(filter.get());
    if (failed != 0)
        return Problem{"seccomp: this kernel does not take the filter"};
    return {};
}

} // namespace paravane::process
