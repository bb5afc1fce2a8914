// SPDX-License-Identifier: Apache-2.0
//
// The disks of a guest with their groups and rates, by its options.
#pragma once

#include <string>
#include <vector>

#include "backend/cli/limits.hpp"
#include "backend/supervisor/blk.hpp"
#include "hypercall/host/result.hpp"

namespace paravane::cli {

struct DiskOptions {
    std::vector<std::string> disks;
    std::vector<std::string> groups;
    std::string limits; // a file; empty: none
};

struct Disks {
    std::vector<Disk> disks; // opened and locked
    Limits limits;           // which hold
};

[[nodiscard]] Result<Disks> open_disks(const DiskOptions &options);

} // namespace paravane::cli
