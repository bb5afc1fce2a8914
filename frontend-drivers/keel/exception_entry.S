/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions: one entry a vector, 16 bytes each, on a stack of their own. All registers are saved, and
 * what the handler left of them is restored, so that a handler may resume what raised it.
 */
    .text

    .macro  save_all
    push    %rax
    push    %rcx
    push    %rdx
    push    %rbx
    push    %rbp
    push    %rsi
    push    %rdi
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    .endm

    .macro  restore_all
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    pop     %rdi
    pop     %rsi
    pop     %rbp
    pop     %rbx
    pop     %rdx
    pop     %rcx
    pop     %rax
    .endm

    .balign 16
    .globl  keel_exception_entry
    .type   keel_exception_entry, @function
keel_exception_entry:
    number = 0
    .rept   32
    .balign 16
    /* The processor pushes an error code for these alone: DF, TS, NP, SS, GP, PF, AC, CP, VC, SX. */
    .if !((0x60227d00 >> number) & 1)
    push    $0
    .endif
    push    $number
    jmp     raised
    number = number + 1
    .endr

raised:
    save_all
    cld
    mov     %rsp, %rdi
    mov     %rsp, %rbx
    sub     $512, %rsp
    and     $-16, %rsp
    fxsave64 (%rsp)
    call    keel_exception
    fxrstor64 (%rsp)
    mov     %rbx, %rsp
    restore_all
    add     $16, %rsp
    iretq
    .size   keel_exception_entry, . - keel_exception_entry

    .section .note.GNU-stack, "", @progbits
