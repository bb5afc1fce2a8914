// SPDX-License-Identifier: Apache-2.0
//
// Grants of other domains are other processes' business: a guest maps and copies its own alone.
#include <algorithm>
#include <array>

#include "hypercall/host/calls.hpp"
#include "hypercall/host/clock.hpp"
#include "hypercall/host/mappable.hpp"
#include <paravane/layout.h>

namespace paravane {

namespace {

// A revocation that goes on after its time looks this often for whoever pinned later.
constexpr uint64_t look_again = 100000000; // ns

// The guest's own grant to itself, for this use; or a negative error.
int64_t find_own(const Domain &domain, DomainId of, GrantId id, bool write, Grant &grant)
{
    if (of != domain.settings().id)
        return -PV_ESRCH;
    const std::optional<Grant> found = domain.grants().look_up(id);
    if (!found)
        return -PV_ENOENT;
    if (found->to != domain.settings().id || (write && !found->writable))
        return -PV_EACCES;
    grant = *found;
    return 0;
}

int64_t unmap(Domain &domain, VcpuId caller, const Grants::Mapping &mapping)
{
    const int64_t result = domain.vehicle().map(caller, mapping.at, {}, mapping.bytes, 0);
    if (result == 0)
        domain.grants().remove_mapping(mapping.at);
    return result;
}

int64_t map(Domain &domain, VcpuId caller, const Call &call)
{
    uint64_t op = 0;
    DomainId of;
    Grants::Mapping mapping;
    uint32_t access = 0;
    Grant grant;

    if (!Arguments(call)
             .take(op)
             .take(of)
             .take(mapping.grant)
             .take(mapping.at)
             .take(access)
             .good() ||
        (access & ~(PV_PROTECT_READ | PV_PROTECT_WRITE)) != 0 || access == 0)
        return -PV_EINVAL;
    const bool write = (access & PV_PROTECT_WRITE) != 0;
    if (const int64_t error = find_own(domain, of, mapping.grant, write, grant); error != 0)
        return error;
    mapping.bytes = grant.bytes;
    if (!mappable(mapping.at.value, mapping.bytes))
        return -PV_EINVAL;
    if (const int64_t error = domain.grants().add_mapping(mapping); error != 0)
        return error;
    const int64_t result =
        domain.vehicle().map(caller, mapping.at, grant.base, grant.bytes, access);
    if (result != 0) {
        // A part of it may be there.
        (void)domain.vehicle().map(caller, mapping.at, {}, mapping.bytes, 0);
        domain.grants().remove_mapping(mapping.at);
        return result;
    }
    return static_cast<int64_t>(grant.bytes / PV_PAGE_SIZE);
}

int64_t unmap(Domain &domain, VcpuId caller, const Call &call)
{
    uint64_t op = 0;
    GuestVirtual at;

    if (!Arguments(call).take(op).take(at).good())
        return -PV_EINVAL;
    const std::optional<Grants::Mapping> mapping = domain.grants().mapping_at(at);
    return mapping ? unmap(domain, caller, *mapping) : -PV_EINVAL;
}

// Both ranges were checked.
void copy_bytes(const GuestMemory &memory, GuestAddress to, GuestAddress from, uint32_t bytes)
{
    std::array<unsigned char, PV_PAGE_SIZE> buffer{};

    while (bytes > 0) {
        const auto piece = std::span(buffer).first(std::min<std::size_t>(bytes, buffer.size()));
        (void)(memory.copy_out(piece, from) && memory.copy_in(to, piece));
        from.value += piece.size();
        to.value += piece.size();
        bytes -= static_cast<uint32_t>(piece.size());
    }
}

int64_t copy_one(const Domain &domain, const pv_grant_copy &wanted)
{
    const uint32_t of = pv_le32_get(wanted.domain);
    const GrantId id = {pv_le32_get(wanted.grant)};
    const uint64_t offset = pv_le64_get(wanted.offset);
    const GuestAddress address = {pv_le64_get(wanted.address)};
    const uint32_t bytes = pv_le32_get(wanted.bytes);
    const uint32_t flags = pv_le32_get(wanted.flags);
    const bool into = (flags & PV_GRANT_COPY_INTO) != 0;
    const GuestMemory &memory = domain.memory();
    Grant grant;

    if (of > UINT16_MAX || !id.good() || bytes == 0 || bytes > PV_GRANT_COPY_BYTES_MAX ||
        (flags & ~PV_GRANT_COPY_INTO) != 0)
        return -PV_EINVAL;
    if (const int64_t error = find_own(domain, {static_cast<uint16_t>(of)}, id, into, grant);
        error != 0)
        return error;
    if (offset > grant.bytes || bytes > grant.bytes - offset)
        return -PV_EFAULT;
    if (into ? !memory.readable(address, bytes) : !memory.writable(address, bytes))
        return -PV_EFAULT;
    const GuestAddress granted = {grant.base.value + offset};
    copy_bytes(memory, into ? granted : address, into ? address : granted, bytes);
    return 0;
}

int64_t copy(const Domain &domain, const Call &call)
{
    uint64_t op = 0;
    GuestAddress at;
    uint32_t count = 0;

    if (!Arguments(call).take(op).take(at).take(count).good() || count > PV_GRANT_COPY_MAX)
        return -PV_EINVAL;
    for (uint32_t done = 0; done < count; done++, at.value += sizeof(pv_grant_copy)) {
        pv_grant_copy wanted = {};
        const int64_t result =
            domain.memory().read(at, wanted) ? copy_one(domain, wanted) : -PV_EFAULT;
        if (result != 0)
            return done > 0 ? int64_t{done} : result;
    }
    return count;
}

// The steps are those of the model grant.pml.
int64_t revoke(Domain &domain, VcpuId caller, const Call &call)
{
    Grants &grants = domain.grants();
    uint64_t op = 0;
    GrantId grant;
    uint64_t ns = 0;

    if (!Arguments(call).take(op).take(grant).take(ns).good())
        return -PV_EINVAL;
    if (grants.valid(grant))
        return -PV_EBUSY;
    // From here on, whoever pins finds the entry no longer valid.
    pv_shared_fence();
    const auto done = [&] { return !grants.pinned(grant); };
    if (done())
        return 0;

    int64_t result = 0;
    uint64_t patience = std::min(ns, PV_GRANT_REVOKE_MAX);
    grants.begin_waiting();
    Waited waited = domain.wait(clock_now() + patience, done);
    while (waited == Waited::late && result == 0) {
        for (const BackendNumber backend : grants.name_overdue(grant))
            domain.host().overdue(backend);
        while (const std::optional<Grants::Mapping> mapping = grants.mapping_of(grant)) {
            result = unmap(domain, caller, *mapping);
            if (result != 0)
                break;
        }
        patience = std::max(patience, look_again);
        if (result == 0)
            waited = domain.wait(clock_now() + patience, done);
    }
    grants.end_waiting();
    return waited == Waited::ended ? -PV_ECANCELED : result;
}

} // namespace

Outcome call_grant(Domain &domain, VcpuId vcpu, const Call &call)
{
    switch (call.argument[0]) {
    case PV_GRANT_QUERY_SIZE:
        return {PV_GRANT_ENTRIES};
    case PV_GRANT_SETUP_TABLE:
        return {static_cast<int64_t>(PV_GRANT_TABLE)};
    case PV_GRANT_MAP:
        return {map(domain, vcpu, call)};
    case PV_GRANT_UNMAP:
        return {unmap(domain, vcpu, call)};
    case PV_GRANT_COPY:
        return {copy(domain, call)};
    case PV_GRANT_REVOKE:
        return {revoke(domain, vcpu, call)};
    default:
        return {-PV_EINVAL};
    }
}

} // namespace paravane
