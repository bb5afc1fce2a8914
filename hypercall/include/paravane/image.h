/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What makes an ELF file a guest kernel of ours: a note that says for which version of the ABI it was
 * made. Each of its segments lies at a virtual address that is PV_GUEST_VIRTUAL_BASE behind its
 * physical one (layout.h), and no page belongs to two of them.
 */
#ifndef PARAVANE_IMAGE_H
#define PARAVANE_IMAGE_H

#include <paravane/wire.h>

/* The note's name, with its terminating zero, and its type. */
#define PV_IMAGE_NOTE_NAME "Paravane"
#define PV_IMAGE_NOTE_TYPE 1u

/* The note's content. A longer one is a later version's: what follows may be ignored. */
struct pv_image_note {
    struct pv_le32 abi_version;
    struct pv_le32 flags; /* reserved */
};

PV_STATIC_ASSERT(offsetof(struct pv_image_note, abi_version) == 0, "ABI");
PV_STATIC_ASSERT(offsetof(struct pv_image_note, flags) == 4, "ABI");
PV_STATIC_ASSERT(sizeof(struct pv_image_note) == 8, "ABI");

#endif
