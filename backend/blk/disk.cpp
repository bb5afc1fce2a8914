// SPDX-License-Identifier: Apache-2.0
#include "backend/blk/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace paravane::blk {

namespace {

// Takes the first bytes away from what is to be done.
void advance(Work &work, Extents extents, uint64_t bytes)
{
    std::size_t whole = 0;

    work.offset += bytes;
    work.bytes -= bytes;
    while (bytes >= extents[whole].bytes)
        bytes -= extents[whole++].bytes;
    extents[whole].address += bytes;
    extents[whole].bytes -= bytes;
    std::move(extents.begin() + static_cast<std::ptrdiff_t>(whole), extents.begin() + work.extents,
              extents.begin());
    work.extents -= static_cast<uint32_t>(whole);
}

pv_shared place_of(uint64_t address)
{
    return pv_shared{static_cast<uintptr_t>(address)};
}

} // namespace

Disk::Disk(const Header &header, std::unique_ptr<DataRing> ring, HostMemory content)
    : header_(header), medium_(header.settings.medium), ring_(std::move(ring)),
      content_(std::move(content))
{
}

int32_t Disk::begin(const Work &work, std::span<const DataExtent> extents, Token token)
{
    using Direction = DataRing::Direction;
    using Clearing = DataRing::Clearing;

    if (work.operation == PV_BLK_IDENTIFY)
        return identify(extents.front());
    if (medium_ == Medium::null)
        return 0;
    if (medium_ == Medium::memory)
        return copy(work, extents);
    switch (work.operation) {
    case PV_BLK_FLUSH:
        ring_->sync(token.value());
        break;
    case PV_BLK_DISCARD:
    case PV_BLK_WRITE_ZEROES:
        ring_->clear(work.operation == PV_BLK_DISCARD ? Clearing::discard : Clearing::zero,
                     work.offset, work.bytes, token.value());
        break;
    default:
        ring_->transfer(work.operation == PV_BLK_WRITE ? Direction::write : Direction::read,
                        work.offset, extents.first(work.extents), work.durable, token.value());
        break;
    }
    return not_ended;
}

int32_t Disk::completed(Work &work, Extents extents, int32_t result)
{
    if (result == -EAGAIN || result == -EINTR || result == -ECANCELED)
        return not_ended;
    if (result < 0)
        return result;
    if (work.operation != PV_BLK_READ && work.operation != PV_BLK_WRITE)
        return 0;
    // The end of a file that has become shorter behind our back.
    if (result == 0)
        return PV_BLK_STATUS_IO;
    const auto bytes = static_cast<uint32_t>(result);
    if (bytes >= work.bytes)
        return 0;
    advance(work, extents, bytes);
    return not_ended;
}

int32_t Disk::identify(DataExtent extent) const
{
    pv_blk_identity identity = {};

    std::memcpy(identity.serial, header_.settings.serial.data(), sizeof(identity.serial));
    pv_shared_copy_in(place_of(extent.address), &identity, sizeof(identity));
    return 0;
}

int32_t Disk::copy(const Work &work, std::span<const DataExtent> extents)
{
    std::byte *const content = content_.data();
    uint64_t at = work.offset;

    if (work.operation == PV_BLK_DISCARD || work.operation == PV_BLK_WRITE_ZEROES) {
        std::memset(content + at, 0, work.bytes);
        return 0;
    }
    for (const DataExtent &extent : extents.first(work.extents)) {
        const auto bytes = static_cast<uint32_t>(extent.bytes);

        if (work.operation == PV_BLK_WRITE)
            pv_shared_copy_out(content + at, place_of(extent.address), bytes);
        else
            pv_shared_copy_in(place_of(extent.address), content + at, bytes);
        at += bytes;
    }
    return 0;
}

} // namespace paravane::blk
