// SPDX-License-Identifier: Apache-2.0
//
// What every backend process does at its start: it takes the supervisor's socket, and shuts itself in
// before it looks at anything of a guest's.
#pragma once

#include <span>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"
#include "hypercall/sandbox/sandbox.hpp"

namespace paravane {

// The first of those descriptors that are not sent but inherited.
inline constexpr int inherited_fd = 4;

// Dies with its supervisor, hears no terminal's signals, and has none of its descriptors but the socket,
// as many inherited ones as it wants, and, for messages, standard error. Empty: nobody is there; it was
// started by hand.
[[nodiscard]] UniqueFd begin_backend(unsigned int inherited = 0);

// Descriptors that a backend goes on using by system calls of its own.
struct BackendCalls {
    int supervisor;             // packets, both ways
    int unpinned;               // is signalled
    std::span<const int> rings; // entered; the one that is entered most comes first
};

// For ever. After this there is no standard error: what goes wrong shows in the exit status.
[[nodiscard]] Result<void> enter_sandbox(const BackendCalls &calls);

} // namespace paravane
