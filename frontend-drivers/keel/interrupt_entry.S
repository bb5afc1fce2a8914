/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts: each says in memory that it came, and the event loop finds it there. They run on the stack
 * that they interrupt (code is compiled without a red zone) and use rax alone.
 *
 * The store that ends an interrupt lets the next one in, two instructions before this one is gone. A
 * flood would fill the stack with such remains, so an interrupt that finds one below it takes its place.
 */
#include "frontend-drivers/keel/stack_layout.h"

    .text

/* rax := the head of the stack block. */
.macro find_block
    mov     %rsp, %rax
    and     $-KEEL_STACK_BLOCK, %rax
.endm

    .balign 32
    .globl  keel_upcall_entry
    .type   keel_upcall_entry, @function
keel_upcall_entry:
    push    %rax
    find_block
    jmp     came
    .size   keel_upcall_entry, . - keel_upcall_entry

    .balign 32
    .globl  keel_direct_entry
    .type   keel_direct_entry, @function
keel_direct_entry:
    number = 0
    .rept   15
    .balign 32
    push    %rax
    find_block
    lock btsq $number, KEEL_STACK_DIRECT(%rax)
    jmp     came
    number = number + 1
    .endr

/* Stack: rax, then rip, cs, rflags, rsp, ss of what was interrupted. */
came:
    mov     KEEL_STACK_UPCALL(%rax), %rax
    movl    $1, (%rax)

    lea     keel_interrupt_restore(%rip), %rax
    cmp     %rax, 8(%rsp)
    je      replace_before_restore
    lea     keel_interrupt_return(%rip), %rax
    cmp     %rax, 8(%rsp)
    je      replace_before_return
end:
    mov     keel_interrupt_end(%rip), %rax
    test    %rax, %rax
    jz      keel_interrupt_restore
    movl    $0, (%rax)
    /* The tests know these two. */
    .globl  keel_interrupt_restore
    .globl  keel_interrupt_return
keel_interrupt_restore:
    pop     %rax
keel_interrupt_return:
    iretq

/* The earlier one still has the first rax on its stack. */
replace_before_restore:
    mov     32(%rsp), %rsp
    jmp     end
/* It had restored rax, which we saved since. */
replace_before_return:
    mov     (%rsp), %rax
    mov     32(%rsp), %rsp
    push    %rax
    jmp     end
    .size   keel_direct_entry, . - keel_direct_entry

    .section .note.GNU-stack, "", @progbits
