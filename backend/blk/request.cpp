// SPDX-License-Identifier: Apache-2.0
#include "backend/blk/request.hpp"

#include <algorithm>

namespace paravane::blk {

namespace {

constexpr uint32_t bit(pv_blk_operation operation)
{
    return uint32_t{1} << operation;
}

constexpr uint32_t with_data = bit(PV_BLK_READ) | bit(PV_BLK_WRITE);
constexpr uint32_t with_memory = with_data | bit(PV_BLK_IDENTIFY);
constexpr uint32_t clearing = bit(PV_BLK_DISCARD) | bit(PV_BLK_WRITE_ZEROES);
constexpr uint32_t with_range = with_data | clearing;
constexpr uint32_t changing = with_range & ~bit(PV_BLK_READ);

// What the guest reads: one status for each refusal, in their order.
constexpr std::array<int32_t, refusals> statuses = {
    PV_BLK_STATUS_INVALID, PV_BLK_STATUS_INVALID, PV_BLK_STATUS_INVALID, PV_BLK_STATUS_READ_ONLY,
    PV_BLK_STATUS_INVALID, PV_BLK_STATUS_INVALID, PV_BLK_STATUS_GRANT,   PV_BLK_STATUS_INVALID,
    PV_BLK_STATUS_INVALID, PV_BLK_STATUS_INVALID, PV_BLK_STATUS_INVALID, PV_BLK_STATUS_RANGE,
    PV_BLK_STATUS_RANGE,   PV_BLK_STATUS_GRANT,   PV_BLK_STATUS_GRANT,
};

} // namespace

Checker::Checker(GrantedMemory &memory, Header &header, std::span<const Pinned> rings)
    : memory_(memory), header_(header), rings_(rings), sector_bytes_(header.settings.sector_bytes),
      read_only_(header.settings.read_only != 0), rings_from_(UINT64_MAX), rings_to_(0)
{
    for (const Pinned &ring : rings) {
        rings_from_ = std::min(rings_from_, ring.place().address);
        rings_to_ = std::max(rings_to_, ring.place().address + ring.bytes());
    }
}

int32_t Checker::refuse(Refusal refusal)
{
    const auto number = static_cast<std::size_t>(refusal);

    header_.counts.refused[number].fetch_add(1, std::memory_order_relaxed);
    return statuses[number];
}

int32_t Checker::check(const pv_blk_request &request, Table &table, Work &work, Extents extents)
{
    return check_all(request, table, true, work, extents);
}

int32_t Checker::check_again(const pv_blk_request &request, Table &table, Work &work,
                             Extents extents)
{
    return check_all(request, table, false, work, extents);
}

// The queue has seen to it that the operation and the flags are ones that were offered.
int32_t Checker::check_all(const pv_blk_request &request, Table &table, bool fetch, Work &work,
                           Extents extents)
{
    const uint32_t operation = uint32_t{1} << request.head.operation;
    const uint32_t flags = request.head.flags;
    const pv_segment &data = request.data;

    work = {static_cast<pv_blk_operation>(request.head.operation), (flags & PV_BLK_FLAG_FUA) != 0,
            0, 0, 0};
    if (((flags & PV_BLK_FLAG_FUA) != 0 && operation != bit(PV_BLK_WRITE)) ||
        ((flags & PV_BLK_FLAG_INDIRECT) != 0 && (operation & with_data) == 0))
        return refuse(Refusal::flags);
    if (data.reserved.wire != 0)
        return refuse(Refusal::reserved);
    if ((operation & with_range) == 0 && request.sector.wire != 0)
        return refuse(Refusal::sector);
    if ((operation & changing) != 0 && read_only_)
        return refuse(Refusal::read_only);
    if ((operation & with_memory) != 0)
        return check_data(request, table, fetch, work, extents);
    if ((data.grant.wire | data.offset.wire) != 0)
        return refuse(Refusal::memory);
    if ((operation & clearing) == 0)
        return data.length.wire == 0 ? 0 : refuse(Refusal::memory);
    uint64_t bytes = 0;
    if (const int32_t status = check_lengths({&data, 1}, sector_bytes_, bytes); status != 0)
        return status;
    return check_range(request, bytes, PV_BLK_CLEAR_SECTORS_MAX, work);
}

int32_t Checker::check_data(const pv_blk_request &request, Table &table, bool fetch, Work &work,
                            Extents extents)
{
    const bool identify = work.operation == PV_BLK_IDENTIFY;
    // A read of the disk writes the guest's memory.
    const GrantAccess access =
        work.operation == PV_BLK_WRITE ? GrantAccess::read : GrantAccess::write;
    uint64_t bytes = 0;

    if ((request.head.flags & PV_BLK_FLAG_INDIRECT) != 0) {
        const uint32_t table_bytes = pv_le32_get(request.data.length);

        if (table_bytes == 0 || table_bytes > sizeof(Table) ||
            table_bytes % sizeof(pv_segment) != 0)
            return refuse(Refusal::segments);
        const int32_t status = fetch ? fetch_table(request.data, table) : 0;
        if (status != 0)
            return status;
    }
    const std::span<const pv_segment> segments = segments_of(request, table);
    const uint64_t unit = identify ? sizeof(pv_blk_identity) : sector_bytes_;
    if (const int32_t status = check_lengths(segments, unit, bytes); status != 0)
        return status;
    if (identify && bytes != unit)
        return refuse(Refusal::too_long);
    if (!identify) {
        if (const int32_t status = check_range(request, bytes, PV_BLK_REQUEST_SECTORS_MAX, work);
            status != 0)
            return status;
    }
    return pin_segments(segments, access, work, extents);
}

// Copied whole, once: what the guest writes there afterwards is nobody's business.
int32_t Checker::fetch_table(const pv_segment &at, Table &table)
{
    const uint32_t bytes = pv_le32_get(at.length);

    const PinResult pinned = memory_.pin({pv_le32_get(at.grant), pv_le32_get(at.offset), bytes},
                                         GrantAccess::read, sizeof(pv_segment));
    if (!pinned)
        return refuse(Refusal::table);
    if (in_ring(pinned->place(), bytes))
        return refuse(Refusal::ring);
    pv_shared_copy_out(table.data(), pinned->place(), bytes);
    return 0;
}

int32_t Checker::check_lengths(std::span<const pv_segment> segments, uint64_t unit, uint64_t &bytes)
{
    for (const pv_segment &segment : segments) {
        const uint32_t length = pv_le32_get(segment.length);

        if (segment.reserved.wire != 0)
            return refuse(Refusal::segment);
        // A sector is a power of two.
        if (length == 0 || (length & (unit - 1)) != 0)
            return refuse(Refusal::segment_bytes);
        bytes += length;
    }
    return 0;
}

int32_t Checker::check_range(const pv_blk_request &request, uint64_t bytes, uint64_t sectors_max,
                             Work &work)
{
    const uint64_t sector = pv_le64_get(request.sector);
    const uint64_t sectors = bytes / PV_BLK_SECTOR;
    const uint64_t unit = sector_bytes_ / PV_BLK_SECTOR;
    const uint64_t disk = header_.settings.sectors.load(std::memory_order_relaxed);

    if (sectors > sectors_max)
        return refuse(Refusal::too_long);
    if ((sector & (unit - 1)) != 0)
        return refuse(Refusal::misaligned);
    if (sector > UINT64_MAX - sectors)
        return refuse(Refusal::overflow);
    if (sector + sectors > disk)
        return refuse(Refusal::past_end);
    work.offset = sector * PV_BLK_SECTOR;
    work.bytes = bytes;
    return 0;
}

int32_t Checker::pin_segments(std::span<const pv_segment> segments, GrantAccess access, Work &work,
                              Extents extents)
{
    std::size_t pinned = 0;
    const auto give_up = [&](Refusal refusal) {
        for (const pv_segment &segment : segments.first(pinned))
            memory_.unpin(GrantId{pv_le32_get(segment.grant)});
        return refuse(refusal);
    };

    for (const pv_segment &segment : segments) {
        const uint32_t length = pv_le32_get(segment.length);
        PinResult pin =
            memory_.pin({pv_le32_get(segment.grant), pv_le32_get(segment.offset), length}, access,
                        PV_BLK_SECTOR);
        if (!pin)
            return give_up(Refusal::grant);
        const pv_shared place = pin->place();
        pin->keep();
        pinned++;
        if (in_ring(place, length))
            return give_up(Refusal::ring);
        DataExtent *const last = work.extents == 0 ? nullptr : &extents[work.extents - 1];
        if (last != nullptr && last->address + last->bytes == place.address)
            last->bytes += length;
        else
            extents[work.extents++] = {place.address, length};
    }
    return 0;
}

void Checker::unpin(const pv_blk_request &request, const Table &table)
{
    for (const pv_segment &segment : segments_of(request, table))
        memory_.unpin(GrantId{pv_le32_get(segment.grant)});
}

bool Checker::in_ring(pv_shared place, uint64_t bytes) const
{
    if (place.address >= rings_to_ || place.address + bytes <= rings_from_)
        return false;
    return std::ranges::any_of(rings_, [&](const Pinned &ring) {
        return place.address < ring.place().address + ring.bytes() &&
               ring.place().address < place.address + bytes;
    });
}

} // namespace paravane::blk
