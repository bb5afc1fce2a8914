// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/granted_memory.hpp"

#include <stdexcept>

namespace paravane {

const char *name_of(GrantRefusal refusal)
{
    static constexpr std::array<const char *, grant_refusals> names = {
        "no such grant",
        "grant not valid",
        "reserved bits of a grant not zero",
        "grant for another domain",
        "grant not to be written",
        "grant of no frames",
        "grant outside of the arena",
        "nothing to be used of a grant",
        "use past a grant's end",
        "use of a grant not aligned",
        "grant changed while in use",
    };
    return names.at(static_cast<std::size_t>(refusal));
}

void throw_exception_from_error(const GrantRefusal &refusal,
                                const boost::source_location & /*where*/)
{
    throw std::logic_error(name_of(refusal));
}

Result<std::unique_ptr<GrantedMemory>> GrantedMemory::make(SharedMemory arena, uint64_t arena_base,
                                                           SharedMemory table, BackendPins pins,
                                                           DomainId self)
{
    if (table.size() < PV_GRANT_ENTRIES * sizeof(pv_grant_entry))
        return Problem{"a grant table that is too small"};
    // So that frame numbers in it neither wrap nor lie between two frames.
    if (arena.size() == 0 || arena_base % PV_PAGE_SIZE != 0 ||
        arena_base > UINT64_MAX - arena.size())
        return Problem{"an arena that is nowhere"};
    return std::unique_ptr<GrantedMemory>(
        new GrantedMemory(std::move(arena), arena_base, std::move(table), std::move(pins), self));
}

// The word before the rest, as the guest writes it after the rest.
GrantedMemory::Entry GrantedMemory::load(GrantId grant) const
{
    const pv_shared at = table_.at(uint64_t{grant.value} * sizeof(pv_grant_entry));
    Entry entry{};

    entry.word = pv_shared_load_acquire(pv_shared_at(at, offsetof(pv_grant_entry, word)));
    entry.frames = pv_shared_load_relaxed(pv_shared_at(at, offsetof(pv_grant_entry, frames)));
    pv_le64 first{};
    pv_shared_copy_out(&first, pv_shared_at(at, offsetof(pv_grant_entry, first_frame)),
                       sizeof(first));
    entry.first_frame = pv_le64_get(first);
    return entry;
}

std::optional<GrantRefusal> GrantedMemory::check(const Entry &entry, const GrantedRange &range,
                                                 GrantAccess access, uint32_t alignment) const
{
    if ((entry.word & PV_GRANT_VALID) == 0)
        return GrantRefusal::not_valid;
    if ((entry.word & ~PV_GRANT_KNOWN) != 0)
        return GrantRefusal::reserved;
    if ((entry.word & PV_GRANT_DOMAIN) != self_.value)
        return GrantRefusal::other_domain;
    if (access == GrantAccess::write && (entry.word & PV_GRANT_WRITABLE) == 0)
        return GrantRefusal::read_only;
    if (entry.frames == 0)
        return GrantRefusal::no_frames;
    const uint64_t arena_frames = arena_.size() / PV_PAGE_SIZE;
    const uint64_t from = entry.first_frame - arena_first_;
    // A frame before the arena has wrapped to one far behind it.
    if (from >= arena_frames || entry.frames > arena_frames - from)
        return GrantRefusal::arena;
    const uint64_t covered = uint64_t{entry.frames} * PV_PAGE_SIZE;
    if (range.bytes == 0)
        return GrantRefusal::no_bytes;
    if (range.offset > covered || range.bytes > covered - range.offset)
        return GrantRefusal::past_end;
    if (range.offset % alignment != 0)
        return GrantRefusal::alignment;
    return std::nullopt;
}

PinResult GrantedMemory::pin(const GrantedRange &range, GrantAccess access, uint32_t alignment)
{
    const GrantId grant{range.grant};

    if (!grant.good())
        return refuse(GrantRefusal::number);
    const Entry entry = load(grant);
    if (const auto refusal = check(entry, range, access, alignment))
        return refuse(*refusal);
    pins_.pin(grant);
    const uint64_t from = (entry.first_frame - arena_first_) * PV_PAGE_SIZE + range.offset;
    Pinned pinned(pins_, grant, arena_.at(from), range.bytes);
    // The guest may have revoked it before it could see the pin. What it can see now stays.
    if (load(grant) != entry)
        return refuse(GrantRefusal::changed);
    return pinned;
}

PinResult GrantedMemory::refuse(GrantRefusal refusal)
{
    refused_[static_cast<std::size_t>(refusal)]++;
    return refusal;
}

} // namespace paravane
