// SPDX-License-Identifier: Apache-2.0
#include "fence.hpp"

extern "C" {

void hooked_at_fence()
{
    if (paravane::backend_test::at_fence)
        paravane::backend_test::at_fence();
}

void hooked_at_acquire()
{
    if (paravane::backend_test::at_acquire)
        paravane::backend_test::at_acquire();
}

void hooked_at_release()
{
    if (paravane::backend_test::at_release)
        paravane::backend_test::at_release();
}
}
