/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's stacks: one block, aligned to its size, so that whoever runs on any of them finds the
 * vCPU's data by rounding the stack pointer down. No segment register is at hand for that at CPL 3.
 * For assembly too; vcpu.hpp asserts the offsets.
 */
#ifndef KEEL_STACK_LAYOUT_H
#define KEEL_STACK_LAYOUT_H

#define KEEL_STACK_BLOCK 0x10000
#define KEEL_STACK_VCPU 0    /* pointer to the Vcpu */
#define KEEL_STACK_UPCALL 8  /* virtual address of the vCPU's `upcall` in the event area */
#define KEEL_STACK_DIRECT 16 /* a bit for each direct event that has come */

/* Exceptions run between the header and here. */
#define KEEL_EXCEPTION_STACK_TOP 0x5000
/* A page that nothing may write, where the host can protect it; everything else runs above it. */
#define KEEL_STACK_GUARD 0x5000

#endif
