// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/probe/two_processors.hpp"

namespace paravane::probe {

TwoProcessors::TwoProcessors()
{
    if (sched_getaffinity(0, sizeof(before_), &before_) != 0 || CPU_COUNT(&before_) < 2)
        return;
    cpu_set_t mine = {};
    int found = 0;
    for (int number = 0; number < CPU_SETSIZE && found < 2; number++) {
        if (CPU_ISSET(static_cast<unsigned int>(number), &before_))
            CPU_SET(static_cast<unsigned int>(number), found++ == 0 ? &mine : &other_);
    }
    held_ = sched_setaffinity(0, sizeof(mine), &mine) == 0;
}

TwoProcessors::~TwoProcessors()
{
    if (held_)
        (void)sched_setaffinity(0, sizeof(before_), &before_);
}

void TwoProcessors::take_other() const
{
    (void)sched_setaffinity(0, sizeof(other_), &other_);
}

} // namespace paravane::probe
