/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Error numbers as guests see them: Linux's values whatever the guest's own are, negative on the wire
 * and in hypercall results.
 */
#ifndef PARAVANE_ERRORS_H
#define PARAVANE_ERRORS_H

enum pv_error {
    PV_EPERM = 1,
    PV_ENOENT = 2,
    PV_ESRCH = 3,
    PV_EINTR = 4,
    PV_E2BIG = 7,
    PV_EAGAIN = 11,
    PV_ENOMEM = 12,
    PV_EACCES = 13,
    PV_EFAULT = 14,
    PV_EBUSY = 16,
    PV_EEXIST = 17,
    PV_ENODEV = 19,
    PV_EINVAL = 22,
    PV_ENOSPC = 28,
    PV_ERANGE = 34,
    PV_ENAMETOOLONG = 36,
    PV_ENOSYS = 38,
    PV_ENOTEMPTY = 39,
    PV_ETIME = 62,
    PV_EDQUOT = 122,
    PV_ECANCELED = 125
};

#endif
