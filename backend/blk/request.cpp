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
constexpr uint32_t with_range = with_data | bit(PV_BLK_DISCARD) | bit(PV_BLK_WRITE_ZEROES);
constexpr uint32_t changing = with_range & ~bit(PV_BLK_READ);

// What the guest reads: one status for each refusal, in their order.
constexpr std::array<int32_t, refusals> statuses = {
    PV_BLK_STATUS_INVALID,   PV_BLK_STATUS_INVALID, PV_BLK_STATUS_INVALID, PV_BLK_STATUS_INVALID,
    PV_BLK_STATUS_INVALID,   PV_BLK_STATUS_INVALID, PV_BLK_STATUS_RANGE,   PV_BLK_STATUS_RANGE,
    PV_BLK_STATUS_READ_ONLY, PV_BLK_STATUS_GRANT,   PV_BLK_STATUS_INVALID, PV_BLK_STATUS_INVALID,
    PV_BLK_STATUS_INVALID,   PV_BLK_STATUS_GRANT,   PV_BLK_STATUS_GRANT,
};

bool is_zero(const pv_segment &segment)
{
    return (segment.grant.wire | segment.offset.wire | segment.length.wire |
            segment.reserved.wire) == 0;
}

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

    work = {static_cast<pv_blk_operation>(request.head.operation), (flags & PV_BLK_FLAG_FUA) != 0,
            0, 0, 0};
    if ((request.reserved0.wire | request.reserved1.wire) != 0)
        return refuse(Refusal::reserved);
    if (((flags & PV_BLK_FLAG_FUA) != 0 && operation != bit(PV_BLK_WRITE)) ||
        ((flags & PV_BLK_FLAG_INDIRECT) != 0 && (operation & with_data) == 0))
        return refuse(Refusal::flags);
    if ((operation & with_range) == 0) {
        if (request.sector.wire != 0 || request.sectors.wire != 0)
            return refuse(Refusal::no_sectors);
    } else {
        const uint32_t most =
            (operation & with_data) != 0 ? PV_BLK_REQUEST_SECTORS_MAX : PV_BLK_CLEAR_SECTORS_MAX;
        if (const int32_t status = check_range(request, most); status != 0)
            return status;
        work.offset = pv_le64_get(request.sector) * PV_BLK_SECTOR;
        work.bytes = uint64_t{pv_le32_get(request.sectors)} * PV_BLK_SECTOR;
    }
    if ((operation & changing) != 0 && read_only_)
        return refuse(Refusal::read_only);
    if ((operation & with_memory) == 0) {
        const bool none = pv_le16_get(request.segments) == 0 && is_zero(request.segment[0]) &&
                          is_zero(request.segment[1]);
        return none ? 0 : refuse(Refusal::segments);
    }
    return check_data(request, table, fetch, work, extents);
}

int32_t Checker::check_range(const pv_blk_request &request, uint64_t sectors_max)
{
    const uint64_t sector = pv_le64_get(request.sector);
    const uint64_t sectors = pv_le32_get(request.sectors);
    const uint64_t unit = sector_bytes_ / PV_BLK_SECTOR;
    const uint64_t disk = header_.settings.sectors.load(std::memory_order_relaxed);

    if (sectors == 0)
        return refuse(Refusal::no_sectors);
    if (sectors > sectors_max)
        return refuse(Refusal::too_long);
    if (((sector | sectors) & (unit - 1)) != 0)
        return refuse(Refusal::misaligned);
    if (sector > UINT64_MAX - sectors)
        return refuse(Refusal::overflow);
    if (sector + sectors > disk)
        return refuse(Refusal::past_end);
    return 0;
}

int32_t Checker::check_data(const pv_blk_request &request, Table &table, bool fetch, Work &work,
                            Extents extents)
{
    const bool identify = work.operation == PV_BLK_IDENTIFY;
    const bool indirect = (request.head.flags & PV_BLK_FLAG_INDIRECT) != 0;
    const uint32_t count = pv_le16_get(request.segments);
    const uint32_t most = indirect ? PV_BLK_SEGMENTS_MAX : identify ? 1 : PV_BLK_INLINE_SEGMENTS;
    // A read of the disk writes the guest's memory.
    const GrantAccess access =
        work.operation == PV_BLK_WRITE ? GrantAccess::read : GrantAccess::write;
    const uint64_t bytes = identify ? sizeof(pv_blk_identity) : work.bytes;

    if (count == 0 || count > most)
        return refuse(Refusal::segments);
    for (uint32_t unused = indirect ? 1 : count; unused < PV_BLK_INLINE_SEGMENTS; unused++)
        if (!is_zero(request.segment[unused]))
            return refuse(Refusal::reserved);
    if (!indirect)
        return pin_segments(std::span(request.segment).first(count), bytes, access, work, extents);
    if (fetch) {
        if (const int32_t status = fetch_table(request, count, table); status != 0)
            return status;
    }
    return pin_segments(std::span(table).first(count), bytes, access, work, extents);
}

// Copied whole, once: what the guest writes there afterwards is nobody's business.
int32_t Checker::fetch_table(const pv_blk_request &request, uint32_t count, Table &table)
{
    const pv_segment &at = request.segment[0];
    const uint64_t bytes = uint64_t{count} * sizeof(pv_segment);

    if (at.reserved.wire != 0)
        return refuse(Refusal::segment);
    if (pv_le32_get(at.length) != bytes)
        return refuse(Refusal::table);
    const PinResult pinned = memory_.pin({pv_le32_get(at.grant), pv_le32_get(at.offset), bytes},
                                         GrantAccess::read, sizeof(pv_segment));
    if (!pinned)
        return refuse(Refusal::table);
    if (in_ring(pinned->place(), bytes))
        return refuse(Refusal::ring);
    pv_shared_copy_out(table.data(), pinned->place(), static_cast<uint32_t>(bytes));
    return 0;
}

int32_t Checker::pin_segments(std::span<const pv_segment> segments, uint64_t bytes,
                              GrantAccess access, Work &work, Extents extents)
{
    const uint64_t unit =
        work.operation == PV_BLK_IDENTIFY ? sizeof(pv_blk_identity) : sector_bytes_;
    uint64_t total = 0;
    std::size_t pinned = 0;
    const auto give_up = [&](Refusal refusal) {
        for (const pv_segment &segment : segments.first(pinned))
            memory_.unpin(GrantId{pv_le32_get(segment.grant)});
        return refuse(refusal);
    };

    for (const pv_segment &segment : segments) {
        const uint32_t length = pv_le32_get(segment.length);

        if (segment.reserved.wire != 0)
            return give_up(Refusal::segment);
        if (length == 0 || length % unit != 0)
            return give_up(Refusal::segment_bytes);
        total += length;
        if (total > bytes)
            return give_up(Refusal::total);
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
    return total == bytes ? 0 : give_up(Refusal::total);
}

void Checker::unpin(const pv_blk_request &request, const Table &table)
{
    const bool indirect = (request.head.flags & PV_BLK_FLAG_INDIRECT) != 0;
    const uint32_t count = pv_le16_get(request.segments);
    const pv_segment *const segments = indirect ? table.data() : request.segment;

    for (uint32_t segment = 0; segment < count; segment++)
        memory_.unpin(GrantId{pv_le32_get(segments[segment].grant)});
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
