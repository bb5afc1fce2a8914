// SPDX-License-Identifier: Apache-2.0
//
// The access policy of production (see paravane/shared.h), with a place for a test to step in at each
// fence: what another processor does just then.
#ifndef PARAVANE_TESTS_BACKEND_HOOKED_ACCESS_H
#define PARAVANE_TESTS_BACKEND_HOOKED_ACCESS_H

#define pv_shared_fence pv_shared_plain_fence
#include <paravane/shared_access.h>
#undef pv_shared_fence

void hooked_at_fence(void);

PV_INLINE void pv_shared_fence(void)
{
    pv_shared_plain_fence();
    hooked_at_fence();
}

#endif
