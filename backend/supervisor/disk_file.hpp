// SPDX-License-Identifier: Apache-2.0
//
// What a disk's content is kept in: a file or a block device, opened and locked, or memory, or nothing.
#pragma once

#include <cstdint>
#include <string>

#include "backend/blk/log.hpp"
#include "backend/engine/host_memory.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

// Bytes, but for the sectors.
struct DiskGeometry {
    uint64_t sectors = 0; // of PV_BLK_SECTOR, whatever the sector
    uint32_t sector_bytes = PV_BLK_SECTOR;
    uint32_t block_bytes = PV_BLK_SECTOR;
    uint32_t optimal_bytes = 0; // not known
    uint32_t discard_bytes = 0;
};

class DiskFile {
  public:
    enum class Access : uint8_t { read_write, read };
    // direct: past the host's page cache.
    enum class Cache : uint8_t { direct, buffered };

    // Locked while this is there, and while anything that was begun with its descriptor is on its way: by
    // one that writes, against all others, and by readers against those that write.
    [[nodiscard]] static Result<DiskFile> open(const std::string &path, Access access, Cache cache);
    // Begins as zeroes, and ends with this.
    [[nodiscard]] static Result<DiskFile> in_memory(uint64_t bytes, Access access);
    // For measuring.
    [[nodiscard]] static Result<DiskFile> nowhere(uint64_t bytes, Access access);

    [[nodiscard]] blk::Medium medium() const { return medium_; }
    // What a backend process gets; -1: it gets none.
    [[nodiscard]] int fd() const;
    [[nodiscard]] const DiskGeometry &geometry() const { return geometry_; }
    // Those of PV_BLK_FEATURE_ that it has.
    [[nodiscard]] uint64_t features() const { return features_; }
    [[nodiscard]] bool read_only() const { return access_ == Access::read; }

    // Takes note of its size, which may have grown. True: it has. One that has shrunk keeps its size, and
    // is a medium that fails there.
    [[nodiscard]] bool look_again();

  private:
    DiskFile(blk::Medium medium, Access access) : medium_(medium), access_(access) {}

    blk::Medium medium_;
    Access access_;
    UniqueFd file_;
    HostMemory memory_;
    DiskGeometry geometry_;
    uint64_t features_ = 0;
};

} // namespace paravane
