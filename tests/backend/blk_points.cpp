// SPDX-License-Identifier: Apache-2.0
//
// A process that dies where PARAVANE_BLK_POINT says: "POINT TIMES", the number of a point and how often it is
// passed before.
#include "backend/blk/points.hpp"

#include <csignal>
#include <cstdlib>

#include <sys/syscall.h>
#include <unistd.h>

namespace paravane::blk {

namespace {

struct Death {
    unsigned long point = static_cast<unsigned long>(Point::points);
    unsigned long times = 0;

    Death()
    {
        if (const char *text = std::getenv("PARAVANE_BLK_POINT"); text != nullptr) {
            char *rest = nullptr;
            point = std::strtoul(text, &rest, 10);
            times = std::strtoul(rest, nullptr, 10);
        }
    }
};

const pid_t self = getpid();
Death death;

} // namespace

void reached(Point point)
{
    if (static_cast<unsigned long>(point) != death.point || death.times-- > 0)
        return;
    // Who is shut in may not do this, and is killed for it, just as suddenly.
    syscall(SYS_kill, self, SIGKILL);
    for (;;)
        ;
}

} // namespace paravane::blk
