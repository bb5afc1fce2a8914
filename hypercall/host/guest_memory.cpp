// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/guest_memory.hpp"

#include <algorithm>

#include <fcntl.h>

#include <paravane/errors.h>

namespace paravane {

namespace {

// pv_shared_copy_* count in 32 bits.
constexpr uint64_t piece_max = uint64_t{1} << 30;

struct Piece {
    pv_shared at;
    uint32_t bytes;
};

Piece piece_of(const MemoryRegion &region, GuestAddress address, uint64_t bytes)
{
    const uint64_t offset = address.value - region.base.value;
    return {region.memory.at(offset),
            static_cast<uint32_t>(std::min({bytes, region.bytes() - offset, piece_max}))};
}

} // namespace

Result<MemoryRegion *> GuestMemory::add(GuestAddress base, uint64_t bytes, uint32_t flags,
                                        SharedMemory::Frames frames)
{
    std::error_code error;
    auto region = std::make_unique<MemoryRegion>();

    region->base = base;
    region->flags = flags;
    region->memory = SharedMemory::create(bytes, SharedMemory::Pages::normal, error, frames);
    if (error)
        return Problem{"guest memory of " + std::to_string(bytes >> 10) +
                       " KiB: " + error.message()};
    regions_.push_back(std::move(region));
    return regions_.back().get();
}

const MemoryRegion *GuestMemory::find(GuestAddress address) const
{
    for (const auto &region : regions_) {
        if (address.value >= region->base.value &&
            address.value - region->base.value < region->bytes())
            return region.get();
    }
    return nullptr;
}

const MemoryRegion *GuestMemory::at(GuestAddress base) const
{
    const MemoryRegion *region = find(base);
    return region != nullptr && region->base == base ? region : nullptr;
}

bool GuestMemory::covered(GuestAddress from, uint64_t bytes, uint32_t forbidden) const
{
    while (bytes > 0) {
        const MemoryRegion *region = find(from);
        if (region == nullptr || (region->flags & forbidden) != 0)
            return false;
        const uint64_t step = std::min(bytes, region->bytes() - (from.value - region->base.value));
        // Regions end below 2^64, so the sum cannot wrap.
        from.value += step;
        bytes -= step;
    }
    return true;
}

bool GuestMemory::writable(GuestAddress from, uint64_t bytes) const
{
    return covered(from, bytes, PV_MEMORY_HOST_WRITES);
}

bool GuestMemory::readable(GuestAddress from, uint64_t bytes) const
{
    return covered(from, bytes, 0);
}

bool GuestMemory::copy_out(std::span<unsigned char> to, GuestAddress from) const
{
    if (!readable(from, to.size()))
        return false;
    while (!to.empty()) {
        const Piece piece = piece_of(*find(from), from, to.size());
        pv_shared_copy_out(to.data(), piece.at, piece.bytes);
        to = to.subspan(piece.bytes);
        from.value += piece.bytes;
    }
    return true;
}

bool GuestMemory::copy_in(GuestAddress to, std::span<const unsigned char> from) const
{
    return store(to, from, PV_MEMORY_HOST_WRITES);
}

bool GuestMemory::write_as_host(GuestAddress to, std::span<const unsigned char> from) const
{
    return store(to, from, 0);
}

bool GuestMemory::store(GuestAddress to, std::span<const unsigned char> from,
                        uint32_t forbidden) const
{
    if (!covered(to, from.size(), forbidden))
        return false;
    while (!from.empty()) {
        const Piece piece = piece_of(*find(to), to, from.size());
        pv_shared_copy_in(piece.at, from.data(), piece.bytes);
        from = from.subspan(piece.bytes);
        to.value += piece.bytes;
    }
    return true;
}

int64_t GuestMemory::discard(GuestAddress from, uint64_t bytes, bool release) const
{
    const MemoryRegion *region = find(from);
    const int mode = release ? FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE : FALLOC_FL_KEEP_SIZE;

    if (region == nullptr || bytes > region->bytes() - (from.value - region->base.value))
        return -PV_EFAULT;
    if ((region->flags & PV_MEMORY_RAM) == 0)
        return -PV_EPERM;
    int result = 0;
    do {
        // A kick of the vCPU may come in between.
        result = fallocate(region->memory.fd(), mode,
                           static_cast<off_t>(from.value - region->base.value),
                           static_cast<off_t>(bytes));
    } while (result != 0 && errno == EINTR);
    if (result != 0)
        return -PV_ENOMEM;
    return 0;
}

} // namespace paravane
