/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the probe and its guest agree on. The guest's virtual addresses are its physical ones. Constants
 * without suffixes, since the assembler reads them too.
 */
#ifndef PARAVANE_PROBE_GUEST_LAYOUT_H
#define PARAVANE_PROBE_GUEST_LAYOUT_H

#define PROBE_CODE 0x10000
#define PROBE_MAILBOX 0x20000
#define PROBE_STACK_BOTTOM 0x30000
#define PROBE_STACK_TOP 0x31000
#define PROBE_RAM_BYTES 0x40000

/* Descriptor tables and page tables, the processor's alone. */
#define PROBE_SYSTEM 0x200000
#define PROBE_SYSTEM_BYTES 0x20000

/* No memory is here: a write leaves the guest, or signals an eventfd. */
#define PROBE_MMIO_USER 0x800000
#define PROBE_MMIO_EVENT 0x801000
#define PROBE_INTERRUPT_CONTROLLER 0xfee00000
#define PROBE_END_OF_INTERRUPT 0xfee000b0

/* Written to, 32 bits each. Ready: the guest takes the next command when it is entered again. */
#define PROBE_PORT_READY 0x510
#define PROBE_PORT_USER 0x514
#define PROBE_PORT_EVENT 0x518
#define PROBE_PORT_HALT 0x51c

#define PROBE_VECTOR 0x40

/* Words of 32 bits in the mailbox. The host writes the first three, the guest the others. */
#define PROBE_AT_COMMAND 0x00
#define PROBE_AT_COUNT 0x04
#define PROBE_AT_STOP 0x40
#define PROBE_AT_HANDLED 0x80
#define PROBE_AT_CS 0xc0

#define PROBE_NOTHING 0
#define PROBE_LOOP 1
#define PROBE_WRITE_PORT_USER 2
#define PROBE_WRITE_PORT_EVENT 3
#define PROBE_WRITE_MMIO_USER 4
#define PROBE_WRITE_MMIO_EVENT 5
/* Until the word at PROBE_AT_STOP is not 0; interrupts are counted meanwhile. */
#define PROBE_SPIN 6
#define PROBE_HALT 7

#endif
