/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Discovery on x86: a guest that has CPUID looks for the signature at the first leaf. Other guests are
 * told by the start info alone.
 */
#ifndef PARAVANE_CPUID_H
#define PARAVANE_CPUID_H

#include <paravane/wire.h>

/* eax: the last leaf; ebx, ecx, edx: the signature, "ParavaneHost". */
#define PV_CPUID_SIGNATURE 0x40000100u
#define PV_CPUID_SIGNATURE_EBX 0x61726150u
#define PV_CPUID_SIGNATURE_ECX 0x656e6176u
#define PV_CPUID_SIGNATURE_EDX 0x74736f48u
/* eax: the ABI version; ebx, ecx: the features, low and high half; edx: guest-physical address of the
 * start info, divided by PV_PAGE_SIZE. */
#define PV_CPUID_ABI 0x40000101u
#define PV_CPUID_LAST PV_CPUID_ABI

#endif
