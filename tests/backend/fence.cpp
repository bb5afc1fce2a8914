// SPDX-License-Identifier: Apache-2.0
#include "fence.hpp"

extern "C" void hooked_at_fence()
{
    if (paravane::backend_test::at_fence)
        paravane::backend_test::at_fence();
}
