// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/disk_probe.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace paravane {

namespace {

constexpr uint32_t page = PV_PAGE_SIZE;

// Of what the kernel's queue says of a block device or of the one that it is a part of.
uint64_t of_queue(int fd, const char *what)
{
    struct stat status = {};

    if (fstat(fd, &status) != 0)
        return 0;
    const std::string device = "/sys/dev/block/" + std::to_string(major(status.st_rdev)) + ":" +
                               std::to_string(minor(status.st_rdev));
    for (const char *place : {"/queue/", "/../queue/"}) {
        std::ifstream file(device + place + what);
        if (uint64_t value = 0; file >> value)
            return value;
    }
    return 0;
}

// Bytes that direct I/O on a file moves in multiples of; 0: it has none. Our segments begin at multiples of
// PV_BLK_SECTOR in memory.
uint32_t direct_bytes(int fd)
{
    struct statx status = {};
    const auto free = [](void *memory) { std::free(memory); };

    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
        (status.stx_mask & STATX_DIOALIGN) != 0)
        return status.stx_dio_mem_align > PV_BLK_SECTOR
                   ? 0
                   : std::max(status.stx_dio_offset_align, status.stx_dio_mem_align);
    // Not every file system says. One that takes less than a page takes a sector.
    const std::unique_ptr<void, decltype(free)> buffer(std::aligned_alloc(page, page), free);
    if (pread(fd, buffer.get(), PV_BLK_SECTOR, 0) >= 0)
        return PV_BLK_SECTOR;
    return pread(fd, buffer.get(), page, 0) >= 0 ? page : 0;
}

Result<DiskGeometry> geometry_of_device(int fd)
{
    DiskGeometry geometry;
    int sector = 0;
    unsigned int block = 0;
    unsigned int optimal = 0;

    if (ioctl(fd, BLKSSZGET, &sector) != 0 || ioctl(fd, BLKPBSZGET, &block) != 0)
        return system_problem("its sector");
    (void)ioctl(fd, BLKIOOPT, &optimal);
    geometry.sector_bytes = static_cast<uint32_t>(sector);
    geometry.block_bytes = std::max(block, geometry.sector_bytes);
    geometry.optimal_bytes = optimal;
    geometry.discard_bytes = static_cast<uint32_t>(of_queue(fd, "discard_granularity"));
    return geometry;
}

Result<DiskGeometry> geometry_of_file(int fd, const struct stat &status, DiskFile::Cache cache)
{
    DiskGeometry geometry;

    if (cache == DiskFile::Cache::direct) {
        geometry.sector_bytes = direct_bytes(fd);
        if (geometry.sector_bytes == 0)
            return Problem{"its file system has no direct I/O that fits: use cache=buffered"};
        geometry.sector_bytes = std::max(geometry.sector_bytes, PV_BLK_SECTOR);
    }
    geometry.block_bytes =
        std::max(static_cast<uint32_t>(status.st_blksize), geometry.sector_bytes);
    geometry.discard_bytes = geometry.block_bytes;
    return geometry;
}

// A file without a name on the same file system: what can be done to that one can be done to this.
UniqueFd nameless_beside(int fd)
{
    std::error_code error;
    const std::filesystem::path path =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error);

    return UniqueFd(
        open(path.parent_path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
}

bool can_clear(int fd, int how)
{
    return fallocate(fd, how | FALLOC_FL_KEEP_SIZE, 0, page) == 0;
}

} // namespace

Result<uint64_t> disk_bytes(int fd)
{
    struct stat status = {};
    uint64_t bytes = 0;

    if (fstat(fd, &status) != 0)
        return system_problem("its size");
    if (!S_ISBLK(status.st_mode))
        return static_cast<uint64_t>(status.st_size);
    if (ioctl(fd, BLKGETSIZE64, &bytes) != 0)
        return system_problem("its size");
    return bytes;
}

Result<DiskGeometry> probe_geometry(int fd, DiskFile::Cache cache)
{
    struct stat status = {};
    const Result<uint64_t> bytes = disk_bytes(fd);

    if (!bytes)
        return bytes.error();
    if (fstat(fd, &status) != 0)
        return system_problem("what it is");
    if (*bytes == 0)
        return Problem{"it is empty"};
    Result<DiskGeometry> geometry =
        S_ISBLK(status.st_mode) ? geometry_of_device(fd) : geometry_of_file(fd, status, cache);
    if (!geometry)
        return geometry;
    const uint32_t sector = geometry->sector_bytes;
    if (sector != PV_BLK_SECTOR && sector != page)
        return Problem{"its sectors have " + std::to_string(sector) + " bytes, not 512 or 4096" +
                       (S_ISBLK(status.st_mode) ? "" : ": use cache=buffered")};
    if (*bytes % sector != 0)
        return Problem{"its size, " + std::to_string(*bytes) + " bytes, is no multiple of its " +
                       "sector, " + std::to_string(sector)};
    geometry->sectors = *bytes / PV_BLK_SECTOR;
    return geometry;
}

uint64_t probe_clearing(int fd)
{
    struct stat status = {};

    if (fstat(fd, &status) != 0)
        return 0;
    if (S_ISBLK(status.st_mode)) {
        // Where a device cannot zero, the kernel writes zeroes, and where it cannot discard to zeroes, it refuses.
        const bool punches = of_queue(fd, "write_zeroes_max_bytes") != 0;
        return PV_BLK_FEATURE_WRITE_ZEROES | (punches ? PV_BLK_FEATURE_DISCARD : 0);
    }
    const UniqueFd other = nameless_beside(fd);
    if (!other)
        return 0;
    return (can_clear(other.get(), FALLOC_FL_PUNCH_HOLE) ? PV_BLK_FEATURE_DISCARD : 0) |
           (can_clear(other.get(), FALLOC_FL_ZERO_RANGE) ? PV_BLK_FEATURE_WRITE_ZEROES : 0);
}

} // namespace paravane
