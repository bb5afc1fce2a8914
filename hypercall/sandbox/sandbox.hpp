// SPDX-License-Identifier: Apache-2.0
//
// How a process of the host gives up what it will not need, before it looks at anything of a guest's:
// first leave_privileges(), with one thread; then its threads; then allow_only(), for all of them.
// Each is for ever, and a child inherits it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "hypercall/host/result.hpp"

namespace paravane::sandbox {

// Sanitizers make system calls of their own, at any time: a process that they are built into leaves all
// of this out, unless it is made to run next to nothing of theirs.
#ifdef PARAVANE_WITHOUT_SANDBOX
inline constexpr bool suits_build = false;
#else
inline constexpr bool suits_build = true;
#endif

// What of its own a process got. A host may refuse any of these: to a user, or inside of a container.
struct Isolation {
    bool user = false; // a user namespace: what it may do as its user ends at its own namespaces
    bool mount = false;
    bool network = false;
    bool ipc = false;
    bool uts = false;
    bool empty_root = false; // no file can be named

    [[nodiscard]] bool whole() const
    {
        return user && mount && network && ipc && uts && empty_root;
    }
};

// "user, mount, network, ipc, uts, empty root", or "none".
[[nodiscard]] std::string describe(const Isolation &isolation);

// Namespaces and an empty root as far as the host allows; then no capabilities, no new privileges, no core
// file, and nobody may trace it. Open descriptors stay as they are: files can be used on, and a directory
// would lead out. What
// is accounted for a user with capabilities (CAP_IPC_LOCK for io_uring's buffers) has to be made before.
// RLIMIT_NPROC is left alone: the kernel counts its own workers for KVM and io_uring under it.
//
// The process must have one thread. It fails if capabilities are left or privileges could come back;
// what a host refuses is no failure but false in `got`.
[[nodiscard]] Result<void> leave_privileges(Isolation *got = nullptr);

// (argument & mask) == value
struct ArgumentRule {
    unsigned int argument; // from 0
    uint64_t value;
    uint64_t mask;
};

constexpr ArgumentRule equal(unsigned int argument, uint64_t value)
{
    return {argument, value, ~uint64_t{0}};
}

// For arguments that the kernel takes as int: the upper half of their register means nothing.
constexpr ArgumentRule equal_int(unsigned int argument, int value)
{
    return {argument, static_cast<uint32_t>(value), 0xffffffff};
}

constexpr ArgumentRule masked(unsigned int argument, uint64_t mask, uint64_t value)
{
    return {argument, value, mask};
}

// A system call (SYS_...) which may be made when all its rules hold. Several of one number: any of them.
struct AllowedCall {
    int number = -1;
    int error =
        0; // if not 0, the call is not made, and returns this: for what a library can do without
    std::size_t rule_count = 0;
    std::array<ArgumentRule, 4> rules = {};
};

// At most four rules, each for another argument.
constexpr AllowedCall allow(int number, std::initializer_list<ArgumentRule> rules = {})
{
    AllowedCall call;

    call.number = number;
    for (const ArgumentRule &rule : rules)
        call.rules.at(call.rule_count++) = rule;
    return call;
}

constexpr AllowedCall refuse(int number, int error)
{
    AllowedCall call;

    call.number = number;
    call.error = error;
    return call;
}

// From now on every thread of this process may make these calls; any other ends the process (SIGSYS). The
// ones that are made most often should come first.
[[nodiscard]] Result<void> allow_only(std::span<const AllowedCall> calls);

} // namespace paravane::sandbox
