// SPDX-License-Identifier: Apache-2.0
//
// Exits from a guest as the kernel counts them, whoever runs it. Needs the right to read trace points.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include <sys/types.h>

#include "hypercall/host/unique_fd.hpp"

namespace paravane::bench::blk {

class ExitCounters {
  public:
    struct Counts {
        uint64_t all = 0;
        uint64_t to_user_space = 0; // of them
    };

    // Of the threads that run vCPUs, and others, which have none. Nothing: they cannot be counted here.
    [[nodiscard]] static std::optional<ExitCounters> of(const std::set<pid_t> &threads);

    // Since it was made.
    [[nodiscard]] Counts read() const;

  private:
    std::vector<UniqueFd> all_;
    std::vector<UniqueFd> to_user_space_;
};

} // namespace paravane::bench::blk
