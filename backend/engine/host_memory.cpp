// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/host_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <paravane/wire.h>

namespace paravane {

namespace {

constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

} // namespace

HostMemory::~HostMemory()
{
    if (data_ != nullptr)
        munmap(data_, size_);
}

void HostMemory::swap(HostMemory &other) noexcept
{
    fd_.swap(other.fd_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(others_, other.others_);
}

Result<HostMemory> HostMemory::map(UniqueFd fd, uint64_t bytes, Others others)
{
    HostMemory memory;

    const int protection = others == Others::write ? PROT_READ | PROT_WRITE : PROT_READ;
    void *place = mmap(nullptr, bytes, protection, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
    if (place == MAP_FAILED)
        return system_problem("memory of the host's");
    memory.fd_ = std::move(fd);
    memory.data_ = static_cast<std::byte *>(place);
    memory.size_ = bytes;
    memory.others_ = others;
    return memory;
}

Result<HostMemory> HostMemory::create(uint64_t bytes, Others others)
{
    UniqueFd fd(memfd_create("paravane", MFD_CLOEXEC | MFD_ALLOW_SEALING));

    if (bytes > INT64_MAX - PV_PAGE_SIZE)
        return system_problem("memory of the host's", EFBIG);
    const uint64_t size = (bytes + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE * PV_PAGE_SIZE;
    if (!fd || ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
        return system_problem("memory of the host's");
    Result<HostMemory> memory = map(std::move(fd), size, Others::write);
    // After that: our own mapping goes on being writable.
    const int all = others == Others::write ? seals : seals | F_SEAL_FUTURE_WRITE;
    if (memory && fcntl(memory->fd(), F_ADD_SEALS, all) != 0)
        return system_problem("memory of the host's");
    return memory;
}

Result<HostMemory> HostMemory::adopt(UniqueFd fd)
{
    struct stat status = {};

    // The seals before the size: only a sealed size is the one that stays.
    const int held = fcntl(fd.get(), F_GET_SEALS);
    if (held < 0 || (held & seals) != seals)
        return system_problem("memory of the host's", EPERM);
    if (fstat(fd.get(), &status) != 0)
        return system_problem("memory of the host's");
    return map(std::move(fd), static_cast<uint64_t>(status.st_size),
               (held & F_SEAL_FUTURE_WRITE) != 0 ? Others::read : Others::write);
}

} // namespace paravane
