// SPDX-License-Identifier: Apache-2.0
//
// What a file or a block device can do as a disk, found without changing anything.
#pragma once

#include <cstdint>

#include "backend/supervisor/disk_file.hpp"
#include "hypercall/host/result.hpp"

namespace paravane {

// Its size in bytes.
[[nodiscard]] Result<uint64_t> disk_bytes(int fd);

// The Problem says what is wrong with it as a disk.
[[nodiscard]] Result<DiskGeometry> probe_geometry(int fd, DiskFile::Cache cache);

// PV_BLK_FEATURE_DISCARD where holes can be punched into it, PV_BLK_FEATURE_WRITE_ZEROES where ranges can be
// zeroed. It can be written.
[[nodiscard]] uint64_t probe_clearing(int fd);

} // namespace paravane
