// SPDX-License-Identifier: Apache-2.0
#include "hypercall/sandbox/sandbox.hpp"

#include <algorithm>
#include <memory>

#include <seccomp.h>

namespace paravane::sandbox {

namespace {

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

// Calls with a higher priority are looked for first.
constexpr std::size_t highest_priority = 255;

int add(const Filter &filter, const AllowedCall &call)
{
    const uint32_t action =
        call.error != 0 ? SCMP_ACT_ERRNO(static_cast<uint16_t>(call.error)) : SCMP_ACT_ALLOW;
    std::array<scmp_arg_cmp, 4> comparisons = {};

    std::transform(
        call.rules.begin(), call.rules.end(), comparisons.begin(), [](const ArgumentRule &rule) {
            return scmp_arg_cmp{rule.argument, SCMP_CMP_MASKED_EQ, rule.mask, rule.value};
        });
    return seccomp_rule_add_array(filter.get(), action, call.number,
                                  static_cast<unsigned int>(call.rule_count), comparisons.data());
}

int prioritize(const Filter &filter, std::span<const AllowedCall> calls)
{
    int failed = 0;

    // Backwards: of a number that is there several times, its first place counts.
    for (std::size_t i = calls.size(); i-- > 0 && failed == 0;)
        failed = seccomp_syscall_priority(
            filter.get(), calls[i].number,
            static_cast<uint8_t>(highest_priority - std::min(i, highest_priority)));
    return failed;
}

Problem problem_of(const char *what, int negative)
{
    return system_problem(std::string("seccomp: ") + what, -negative);
}

} // namespace

Result<void> allow_only(std::span<const AllowedCall> calls)
{
    const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release);

    if (!filter)
        return Problem{"seccomp: no memory"};
    if (const int failed =
            seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        failed != 0)
        return problem_of("calls of other ABIs", failed);
    if (const int failed = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); failed != 0)
        return problem_of("a filter for all threads", failed);
    if (const int failed = prioritize(filter, calls); failed != 0)
        return problem_of("an order of calls", failed);
    for (const AllowedCall &call : calls) {
        if (const int failed = add(filter, call); failed != 0)
            return problem_of(("rule for system call " + std::to_string(call.number)).c_str(),
                              failed);
    }
    if (const int failed = seccomp_load(filter.get()); failed != 0)
        return problem_of("this kernel does not take the filter", failed);
    return {};
}

} // namespace paravane::sandbox
