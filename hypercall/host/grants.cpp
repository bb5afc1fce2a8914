// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/grants.hpp"

#include <algorithm>
#include <string>

#include <fcntl.h>

#include <paravane/errors.h>
#include <paravane/layout.h>

namespace paravane {

namespace {

UniqueFd duplicate(int fd)
{
    return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

// Whoever holds this can map the memory to read it, and not to write it.
UniqueFd reopen_readable(int fd)
{
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    return UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

} // namespace

Grants::Grants(const GuestMemory &memory)
    : memory_(memory),
      // Now: a process that has shut itself in finds no /proc later.
      readable_table_(reopen_readable(memory.at({PV_GRANT_TABLE})->memory.fd()))
{
}

bool Grants::valid(GrantId grant) const
{
    const pv_shared at =
        memory_.at({PV_GRANT_TABLE})->memory.at(grant.value * sizeof(pv_grant_entry));
    return (pv_shared_load_acquire(at) & PV_GRANT_VALID) != 0;
}

std::optional<Grant> Grants::look_up(GrantId grant) const
{
    const pv_shared at =
        memory_.at({PV_GRANT_TABLE})->memory.at(grant.value * sizeof(pv_grant_entry));
    const uint32_t word = pv_shared_load_acquire(at);
    pv_grant_entry entry = {};

    // Behind the word, which the guest stores last.
    pv_shared_copy_out(&entry, at, sizeof(entry));
    const uint64_t frames = pv_le32_get(entry.frames);
    const uint64_t first = pv_le64_get(entry.first_frame);
    if ((word & PV_GRANT_VALID) == 0 || (word & ~PV_GRANT_KNOWN) != 0 || frames == 0 ||
        first > UINT64_MAX / PV_PAGE_SIZE)
        return std::nullopt;
    const Grant found = {{static_cast<uint16_t>(word & PV_GRANT_DOMAIN)},
                         (word & PV_GRANT_WRITABLE) != 0,
                         {first * PV_PAGE_SIZE},
                         frames * PV_PAGE_SIZE};
    if (!memory_.writable(found.base, found.bytes))
        return std::nullopt;
    return found;
}

Result<BackendEnd> Grants::attach(BackendNumber backend)
{
    const MemoryRegion *arena = memory_.at({PV_ARENAS});
    if (arena == nullptr)
        return Problem{"this guest has no arena, so no backend can serve it"};
    if (backends_.contains(backend))
        return Problem{"backend " + std::to_string(backend.value) + " is attached already"};
    Result<DomainPins> made = DomainPins::create();
    if (!made)
        return made.error();
    DomainPins pins = std::move(made.value());

    BackendEnd end = {duplicate(arena->memory.fd()), duplicate(readable_table_.get()),
                      duplicate(pins.area()), duplicate(pins.unpinned())};
    if (!end.arena || !end.table || !end.pins || !end.unpinned)
        return system_problem("descriptors for a backend");
    if (waiters_ > 0)
        pins.expect_unpin();
    backends_.emplace(backend, Backend{std::move(pins)});
    return end;
}

bool Grants::detach(BackendNumber backend)
{
    return backends_.erase(backend) > 0;
}

bool Grants::pinned(GrantId grant) const
{
    return std::any_of(backends_.begin(), backends_.end(),
                       [&](const auto &one) { return one.second.pins.pinned(grant); }) ||
           mapping_of(grant);
}

void Grants::begin_waiting()
{
    if (waiters_++ > 0)
        return;
    for (const auto &[number, backend] : backends_)
        backend.pins.expect_unpin();
}

void Grants::end_waiting()
{
    if (--waiters_ > 0)
        return;
    for (const auto &[number, backend] : backends_)
        backend.pins.expect_nothing();
}

std::vector<BackendNumber> Grants::name_overdue(GrantId grant)
{
    std::vector<BackendNumber> late;

    for (auto &[number, backend] : backends_) {
        if (backend.overdue || !backend.pins.pinned(grant))
            continue;
        backend.overdue = true;
        late.push_back(number);
    }
    return late;
}

int64_t Grants::add_mapping(const Mapping &mapping)
{
    const auto overlaps = [&](const Mapping &other) {
        return mapping.at.value < other.at.value + other.bytes &&
               other.at.value < mapping.at.value + mapping.bytes;
    };
    if (std::any_of(mappings_.begin(), mappings_.end(), overlaps))
        return -PV_EBUSY;
    if (mappings_.size() >= mappings_max)
        return -PV_ENOSPC;
    mappings_.push_back(mapping);
    return 0;
}

std::optional<Grants::Mapping> Grants::mapping_at(GuestVirtual at) const
{
    const auto found = std::find_if(mappings_.begin(), mappings_.end(),
                                    [&](const Mapping &mapping) { return mapping.at == at; });
    return found == mappings_.end() ? std::nullopt : std::optional(*found);
}

std::optional<Grants::Mapping> Grants::mapping_of(GrantId grant) const
{
    const auto found = std::find_if(mappings_.begin(), mappings_.end(),
                                    [&](const Mapping &mapping) { return mapping.grant == grant; });
    return found == mappings_.end() ? std::nullopt : std::optional(*found);
}

void Grants::remove_mapping(GuestVirtual at)
{
    std::erase_if(mappings_, [&](const Mapping &mapping) { return mapping.at == at; });
}

} // namespace paravane
