// SPDX-License-Identifier: Apache-2.0
//
// Pages that belong to one process alone, without the RAM of its guest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "hypercall/host/result.hpp"

namespace paravane::bench {

struct PrivateMemory {
    struct Mapping {
        std::string name; // of its file, or in brackets what it is
        uint64_t kib = 0; // private pages of all mappings with that name
    };
    uint64_t kib = 0;
    uint64_t guest_kib = 0;        // what was left out
    std::vector<Mapping> mappings; // the largest first
};

// RAM is taken to be the largest memfd that the process maps.
[[nodiscard]] Result<PrivateMemory> private_memory_of(pid_t process);

struct GuestProcess {
    std::string name;
    PrivateMemory memory;
};

// Of the processes of a guest that waits: `paravane run` and what it started.
[[nodiscard]] Result<std::vector<GuestProcess>> private_memory_of_guest(const std::string &vehicle);

} // namespace paravane::bench
