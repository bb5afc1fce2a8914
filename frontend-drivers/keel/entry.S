/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first instructions of each vCPU. Interrupts are on, but none can come before a callback is set.
 */
#include "frontend-drivers/keel/stack_layout.h"

    .section .text.entry, "ax", @progbits

/* The first vCPU: rdi holds the start info. The host's stack is left for the one in this image,
 * which has the alignment that a vCPU's data is found by. */
    .globl  keel_start
    .type   keel_start, @function
keel_start:
    lea     keel_boot_stack + KEEL_STACK_BLOCK(%rip), %rsp
    xor     %ebp, %ebp
    cld
    call    keel_boot
    ud2
    .size   keel_start, . - keel_start

/* The others: rdi holds the Vcpu, rsp the end of its block. */
    .globl  keel_start_vcpu
    .type   keel_start_vcpu, @function
keel_start_vcpu:
    xor     %ebp, %ebp
    cld
    call    keel_vcpu_main
    ud2
    .size   keel_start_vcpu, . - keel_start_vcpu

    .section .note.GNU-stack, "", @progbits
