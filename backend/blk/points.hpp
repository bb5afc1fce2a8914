// SPDX-License-Identifier: Apache-2.0
//
// Where a process of a disk may die so that it matters: tests have it die there, and see what its successor
// makes of it. In the program as it is shipped these are nothing.
#pragma once

namespace paravane::blk {

enum class Point {
    checked,     // a request is checked, and not in the log
    logged,      // it is in the log
    batch_taken, // the log says that a batch is taken
    released,    // so does the ring
    started,     // an operation waits to be submitted
    submitted,   // the kernel has begun with it
    completed,   // it is completed, and that is not in the log
    answered,    // the answer is in the log
    put,         // and in the ring
    forgotten,   // the completion is gone
    batch_given, // the log says that a batch is given
    shown,       // so does the ring
    notified,    // the guest is woken
    attached,    // a successor has its rings
    restored,    // and has taken over its predecessor's requests
    points
};

#ifdef PARAVANE_BLK_POINTS
void reached(Point point);
#else
inline void reached(Point /*point*/)
{
}
#endif

} // namespace paravane::blk
