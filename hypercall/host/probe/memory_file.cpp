// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace paravane::probe {

Result<UniqueFd> create_memory_file(size_t bytes, unsigned int flags)
{
    UniqueFd file(memfd_create("paravane-probe", flags | MFD_CLOEXEC));

    if (!file)
        return system_problem("memfd_create");
    if (ftruncate(file.get(), static_cast<off_t>(bytes)) != 0)
        return system_problem("ftruncate of a memfd");
    return file;
}

Result<Mapping> Mapping::anonymous(size_t bytes)
{
    void *address =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED)
        return system_problem("mmap");
    return Mapping(address, bytes);
}

Result<Mapping> Mapping::of_file(const UniqueFd &file, size_t bytes)
{
    void *address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (address == MAP_FAILED)
        return system_problem("mmap of a memfd");
    return Mapping(address, bytes);
}

Mapping::~Mapping()
{
    if (address_ != nullptr)
        munmap(address_, bytes_);
}

int Mapping::populate() const
{
    return madvise(address_, bytes_, MADV_POPULATE_WRITE) == 0 ? 0 : errno;
}

} // namespace paravane::probe
