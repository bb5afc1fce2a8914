// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/disk_file.hpp"

#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include "backend/supervisor/disk_probe.hpp"

namespace paravane {

namespace {

// What was begun by a process that has just ended goes on for a moment, and so does its lock.
constexpr std::chrono::milliseconds lock_time{1000};
constexpr std::chrono::milliseconds lock_pause{10};

class Patience {
  public:
    // False: it is over. Else some of it, by now.
    bool lasts()
    {
        if (std::chrono::steady_clock::now() >= end_)
            return false;
        std::this_thread::sleep_for(lock_pause);
        return true;
    }

  private:
    std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + lock_time;
};

constexpr uint64_t always = PV_BLK_FEATURE_FLUSH | PV_BLK_FEATURE_INDIRECT;

struct Kind {
    bool device = false;
    bool file = false;
    bool directory = false;
};

Kind kind_of(const struct stat &status)
{
    return {S_ISBLK(status.st_mode), S_ISREG(status.st_mode), S_ISDIR(status.st_mode)};
}

// The descriptor, or what kept it from being opened.
Result<UniqueFd> open_disk(const std::string &path, DiskFile::Access access, DiskFile::Cache cache)
{
    struct stat status = {};

    if (stat(path.c_str(), &status) != 0)
        return Problem{std::generic_category().message(errno)};
    const Kind kind = kind_of(status);
    if (kind.directory)
        return Problem{"it is a directory"};
    if (!kind.file && !kind.device)
        return Problem{"it is no file and no block device"};
    // Not waiting for anybody, should it be another by now. A device that is written is nobody else's: it
    // is not mounted, for one.
    const int flags = (access == DiskFile::Access::read ? O_RDONLY : O_RDWR) | O_CLOEXEC |
                      O_NOCTTY | O_NONBLOCK |
                      (kind.device && access == DiskFile::Access::read_write ? O_EXCL : 0);
    const int direct = cache == DiskFile::Cache::direct ? O_DIRECT : 0;
    UniqueFd fd(::open(path.c_str(), flags | direct));
    for (Patience patience; !fd && errno == EBUSY && patience.lasts();)
        fd = UniqueFd(::open(path.c_str(), flags | direct));
    if (!fd && errno == EINVAL && direct != 0 && UniqueFd(::open(path.c_str(), flags)))
        return Problem{"its file system has no direct I/O: use cache=buffered"};
    if (!fd && errno == EBUSY)
        return Problem{"the host uses it, or another guest"};
    if (!fd)
        return Problem{std::generic_category().message(errno)};
    if (fstat(fd.get(), &status) != 0 || kind_of(status).device != kind.device ||
        kind_of(status).file != kind.file)
        return Problem{"it is another one by now"};
    // Or io_uring would not wait, either.
    fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
    return fd;
}

Result<void> lock(int fd, DiskFile::Access access)
{
    Patience patience;
    struct flock wanted = {};

    wanted.l_type = access == DiskFile::Access::read ? F_RDLCK : F_WRLCK;
    wanted.l_whence = SEEK_SET;
    while (fcntl(fd, F_OFD_SETLK, &wanted) != 0) {
        if (errno != EAGAIN && errno != EACCES)
            return system_problem("it cannot be locked");
        if (!patience.lasts()) {
            (void)fcntl(fd, F_OFD_GETLK, &wanted);
            return Problem{wanted.l_type == F_RDLCK
                               ? "another guest reads it: only more readers may (ro)"
                               : "another guest has it for writing"};
        }
    }
    return {};
}

Result<uint64_t> sectors_of(uint64_t bytes)
{
    if (bytes == 0)
        return Problem{"it is empty"};
    if (bytes % PV_BLK_SECTOR != 0)
        return Problem{"its size, " + std::to_string(bytes) +
                       " bytes, is no multiple of its sector, " + std::to_string(PV_BLK_SECTOR)};
    return bytes / PV_BLK_SECTOR;
}

uint64_t read_only_or(DiskFile::Access access, uint64_t features)
{
    return always | (access == DiskFile::Access::read ? PV_BLK_FEATURE_READ_ONLY : features);
}

} // namespace

Result<DiskFile> DiskFile::open(const std::string &path, Access access, Cache cache)
{
    DiskFile disk(blk::Medium::file, access);

    const auto wrong = [&path](const Problem &problem) {
        return Problem{"disk " + path + ": " + problem.text};
    };
    Result<UniqueFd> file = open_disk(path, access, cache);
    if (!file)
        return wrong(file.error());
    disk.file_ = std::move(*file);
    const int fd = disk.file_.get();
    if (Result<void> locked = lock(fd, access); !locked)
        return wrong(locked.error());
    Result<DiskGeometry> geometry = probe_geometry(fd, cache);
    if (!geometry)
        return wrong(geometry.error());
    disk.geometry_ = *geometry;
    disk.features_ = read_only_or(access, access == Access::read ? 0 : probe_clearing(fd));
    return disk;
}

Result<DiskFile> DiskFile::in_memory(uint64_t bytes, Access access)
{
    DiskFile disk(blk::Medium::memory, access);
    const Result<uint64_t> sectors = sectors_of(bytes);

    if (!sectors)
        return Problem{"a disk in memory: " + sectors.error().text};
    Result<HostMemory> memory = HostMemory::create(bytes);
    if (!memory)
        return Problem{"a disk in memory: " + memory.error().text};
    disk.memory_ = std::move(*memory);
    disk.geometry_.sectors = *sectors;
    disk.geometry_.block_bytes = PV_PAGE_SIZE;
    disk.geometry_.discard_bytes = PV_PAGE_SIZE;
    disk.features_ = read_only_or(access, PV_BLK_FEATURE_DISCARD | PV_BLK_FEATURE_WRITE_ZEROES);
    return disk;
}

Result<DiskFile> DiskFile::nowhere(uint64_t bytes, Access access)
{
    DiskFile disk(blk::Medium::null, access);
    const Result<uint64_t> sectors = sectors_of(bytes);

    if (!sectors)
        return Problem{"a null disk: " + sectors.error().text};
    disk.geometry_.sectors = *sectors;
    disk.geometry_.block_bytes = PV_PAGE_SIZE;
    disk.features_ = read_only_or(access, PV_BLK_FEATURE_DISCARD | PV_BLK_FEATURE_WRITE_ZEROES);
    return disk;
}

int DiskFile::fd() const
{
    return medium_ == blk::Medium::memory ? memory_.fd() : file_.get();
}

bool DiskFile::look_again()
{
    if (medium_ != blk::Medium::file)
        return false;
    const Result<uint64_t> bytes = disk_bytes(file_.get());
    if (!bytes)
        return false;
    const uint64_t whole = *bytes / geometry_.sector_bytes * geometry_.sector_bytes;
    if (whole / PV_BLK_SECTOR <= geometry_.sectors)
        return false;
    geometry_.sectors = whole / PV_BLK_SECTOR;
    return true;
}

} // namespace paravane
