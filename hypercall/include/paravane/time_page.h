/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The clock of a guest: nanoseconds since the host started, from the processor's counter. The host
 * makes `sequence` odd, writes, and makes it even; a reader that saw it odd or changed reads again.
 *
 *   ns = system_base + (((counter - counter_base) << shift) * multiplier >> 32)
 *
 * with a shift to the right where `shift` is negative, and a product of 96 bits.
 */
#ifndef PARAVANE_TIME_PAGE_H
#define PARAVANE_TIME_PAGE_H

#include <paravane/wire.h>

struct pv_time_page {
    struct pv_le32 sequence;
    struct pv_le32 multiplier;
    struct pv_le32 shift; /* as two's complement */
    struct pv_le32 reserved0;
    struct pv_le64 counter_base;
    struct pv_le64 system_base; /* ns */
    struct pv_le64 wall_offset; /* ns from the clock's 0 to 1970, as two's complement */
    struct pv_le64 reserved1;
};

PV_STATIC_ASSERT(offsetof(struct pv_time_page, sequence) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_time_page, multiplier) == 4, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_time_page, shift) == 8, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_time_page, reserved0) == 12, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_time_page, counter_base) == 16, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_time_page, system_base) == 24, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_time_page, wall_offset) == 32, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_time_page, reserved1) == 40, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_time_page) == 48, "ABI");

#endif
