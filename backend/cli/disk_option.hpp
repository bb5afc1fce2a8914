// SPDX-License-Identifier: Apache-2.0
//
// --disk: what the guest's disks are kept in, and what is promised of them.
#pragma once

#include <cstdint>
#include <string>

#include "backend/cli/rates.hpp"
#include "backend/supervisor/blk.hpp"
#include "backend/supervisor/disk_file.hpp"
#include "hypercall/host/result.hpp"

namespace paravane::cli {

inline constexpr std::size_t disks_max = 16;

struct DiskOption {
    blk::Medium medium = blk::Medium::file;
    std::string path;   // of a file
    uint64_t bytes = 0; // of another
    DiskFile::Access access = DiskFile::Access::read_write;
    DiskFile::Cache cache = DiskFile::Cache::direct;
    DiskSettings settings;
    RateWords rates;
    std::string group; // empty: none
};

// What is wrong with the text; empty where it is PATH, mem:SIZE or null:SIZE and options.
[[nodiscard]] std::string parse_disk(const std::string &text, DiskOption &option);

// Opened and locked, for one guest after the other; without limits, and in no group.
[[nodiscard]] Result<Disk> open_disk(const DiskOption &option);

} // namespace paravane::cli
