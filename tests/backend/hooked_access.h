// SPDX-License-Identifier: Apache-2.0
//
// The access policy of production (see paravane/shared.h), with a place for a test to step in at each
// fence, after each acquire and before each release: what another processor does just then.
#ifndef PARAVANE_TESTS_BACKEND_HOOKED_ACCESS_H
#define PARAVANE_TESTS_BACKEND_HOOKED_ACCESS_H

#define pv_shared_fence pv_shared_plain_fence
#define pv_shared_load_acquire pv_shared_plain_load_acquire
#define pv_shared_store_release pv_shared_plain_store_release
#include <paravane/shared_access.h>
#undef pv_shared_fence
#undef pv_shared_load_acquire
#undef pv_shared_store_release

void hooked_at_fence(void);
void hooked_at_acquire(void);
void hooked_at_release(void);

PV_INLINE void pv_shared_fence(void)
{
    pv_shared_plain_fence();
    hooked_at_fence();
}

PV_INLINE uint32_t pv_shared_load_acquire(struct pv_shared at)
{
    const uint32_t value = pv_shared_plain_load_acquire(at);

    hooked_at_acquire();
    return value;
}

PV_INLINE void pv_shared_store_release(struct pv_shared at, uint32_t value)
{
    hooked_at_release();
    pv_shared_plain_store_release(at, value);
}

#endif
