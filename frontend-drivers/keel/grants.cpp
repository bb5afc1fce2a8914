// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/grants.hpp"

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/start.hpp"

#include <paravane/errors.h>

namespace keel {

namespace {

constinit GrantTable table;

} // namespace

namespace grants {

void initialise()
{
    if (start().offers(PV_FEATURE_GRANTS))
        table.set(shared_at(start().grant_table), start().grant_entries);
}

GrantRef grant(GuestAddress base, uint64_t pages, uint16_t domain, Access access)
{
    if (base.value % PV_PAGE_SIZE != 0 || pages > UINT32_MAX)
        return {};
    return table.publish(base.value / PV_PAGE_SIZE, static_cast<uint32_t>(pages), domain, access);
}

int64_t revoke(GrantRef grant, uint64_t ns)
{
    // Withdrawn already, where an earlier call failed.
    (void)table.withdraw(grant);
    const int64_t result = hypercall::grant(PV_GRANT_REVOKE, grant.value, ns);
    if (result != 0)
        return result;
    return table.free(grant) ? 0 : -PV_EINVAL;
}

uint32_t entries()
{
    return table.entries();
}

uint32_t used()
{
    return table.used();
}

} // namespace grants

bool Grant::revoke()
{
    if (!good())
        return true;
    if (grants::revoke(grant_) != 0)
        return false;
    grant_ = {};
    return true;
}

GrantedMemory::GrantedMemory(uint64_t pages, uint16_t domain, Access access)
    : run_(arena().allocate(pages))
{
    if (run_.good())
        grant_ = Grant(run_.base, run_.pages, domain, access);
}

GrantedMemory::~GrantedMemory()
{
    if (run_.good() && revoke())
        (void)arena().release(run_);
}

} // namespace keel
