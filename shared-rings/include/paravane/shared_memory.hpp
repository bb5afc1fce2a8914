// SPDX-License-Identifier: MIT OR GPL-2.0
//
// A memfd and its mapping, for both halves of a device on a Linux host. Sealed against resizing: the
// other holder of the descriptor could else truncate it under us, and the next access is a SIGBUS.
#pragma once

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

extern "C" {
#include "shared.h"
}

namespace paravane {

class SharedMemory {
  public:
    // huge: 2 MiB, from the host's reserve. Whoever holds the descriptor can punch them out, whatever
    // the seals, and where the reserve is empty the next access is a SIGBUS: not for a hostile peer.
    enum class Pages { normal, huge };
    // touched: there before the first use, as a data path wants it; untouched: page by page at first use.
    enum class Frames { touched, untouched };
    // read: for what only the peer writes. A store is then a SIGSEGV; the descriptor may be read-only.
    enum class Access { read_write, read };

    static constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

    SharedMemory() = default;
    SharedMemory(const SharedMemory &) = delete;
    SharedMemory &operator=(const SharedMemory &) = delete;
    SharedMemory(SharedMemory &&other) noexcept { swap(other); }
    SharedMemory &operator=(SharedMemory &&other) noexcept
    {
        SharedMemory(std::move(other)).swap(*this);
        return *this;
    }
    ~SharedMemory()
    {
        if (mapping_ != MAP_FAILED)
            munmap(mapping_, size_);
        if (fd_ >= 0)
            close(fd_);
    }

    // Makes zeroed memory of at least `bytes`, rounded up to whole pages.
    [[nodiscard]] static SharedMemory create(uint64_t bytes, Pages pages, std::error_code &error,
                                             Frames frames = Frames::touched)
    {
        const uint64_t page = pages == Pages::huge ? uint64_t{2} << 20 : PV_PAGE_SIZE;
        const uint64_t size = (bytes + page - 1) / page * page;
        const unsigned int huge = pages == Pages::huge ? MFD_HUGETLB : 0U;
        SharedMemory memory;

        memory.fd_ = memfd_create("paravane", MFD_CLOEXEC | MFD_ALLOW_SEALING | huge);
        if (memory.fd_ < 0 || ftruncate(memory.fd_, static_cast<off_t>(size)) != 0 ||
            fcntl(memory.fd_, F_ADD_SEALS, seals) != 0)
            return failed(errno, error);
        return memory.mapped(size, frames, error);
    }

    // Maps what another process made. Takes the descriptor; memory that its maker can still resize, or
    // of huge pages, is refused with EPERM.
    [[nodiscard]] static SharedMemory adopt(int fd, std::error_code &error,
                                            Frames frames = Frames::touched,
                                            Access access = Access::read_write)
    {
        struct stat status = {};
        struct statfs files = {};
        SharedMemory memory;

        memory.fd_ = fd;
        // The seals before the size: only a sealed size is the one that stays.
        const int held = fcntl(fd, F_GET_SEALS);
        if (held < 0 || (held & seals) != seals)
            return failed(EPERM, error);
        if (fstat(fd, &status) != 0 || fstatfs(fd, &files) != 0)
            return failed(errno, error);
        if (files.f_type == HUGETLBFS_MAGIC)
            return failed(EPERM, error);
        return memory.mapped(static_cast<uint64_t>(status.st_size), frames, error, access);
    }

    [[nodiscard]] pv_shared at(uint64_t offset) const
    {
        pv_shared place = pv_shared_from_pointer(mapping_);
        place.address += offset;
        return place;
    }
    [[nodiscard]] uint64_t size() const { return size_; }
    [[nodiscard]] int fd() const { return fd_; }

  private:
    static SharedMemory failed(int number, std::error_code &error)
    {
        error.assign(number, std::generic_category());
        return {};
    }

    SharedMemory mapped(uint64_t size, Frames frames, std::error_code &error,
                        Access access = Access::read_write)
    {
        const int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
        const int flags = MAP_SHARED | (frames == Frames::touched ? MAP_POPULATE : MAP_NORESERVE);
        mapping_ = mmap(nullptr, size, protection, flags, fd_, 0);
        if (mapping_ == MAP_FAILED)
            return failed(errno, error);
        size_ = size;
        error.clear();
        return std::move(*this);
    }

    void swap(SharedMemory &other) noexcept
    {
        std::swap(fd_, other.fd_);
        std::swap(mapping_, other.mapping_);
        std::swap(size_, other.size_);
    }

    int fd_ = -1;
    void *mapping_ = MAP_FAILED;
    uint64_t size_ = 0;
};

} // namespace paravane
