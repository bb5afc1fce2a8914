/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest of the probe: carries out commands, one after another, and counts interrupts. Copied to
 * PROBE_CODE and entered at its first byte; it is position-independent and needs no privilege.
 */
#include "guest_layout.h"

    .section .rodata
    .balign 16
    .globl paravane_probe_guest
    .globl paravane_probe_guest_handler
    .globl paravane_probe_guest_end

paravane_probe_guest:
    mov     $PROBE_MAILBOX, %ebx
    xor     %eax, %eax
    mov     %cs, %eax
    mov     %eax, PROBE_AT_CS(%rbx)

ready:
    mov     $PROBE_PORT_READY, %edx
    out     %eax, %dx
    mov     PROBE_AT_COUNT(%rbx), %ecx
    mov     PROBE_AT_COMMAND(%rbx), %eax
    lea     commands(%rip), %rsi
    movslq  (%rsi, %rax, 4), %rax
    add     %rsi, %rax
    jmp     *%rax

loop:
    dec     %ecx
    jnz     loop
    jmp     ready

write_port_user:
    mov     $PROBE_PORT_USER, %edx
    jmp     write_port
write_port_event:
    mov     $PROBE_PORT_EVENT, %edx
write_port:
    out     %eax, %dx
    dec     %ecx
    jnz     write_port
    jmp     ready

write_mmio_user:
    mov     $PROBE_MMIO_USER, %edi
    jmp     write_mmio
write_mmio_event:
    mov     $PROBE_MMIO_EVENT, %edi
write_mmio:
    mov     %eax, (%rdi)
    dec     %ecx
    jnz     write_mmio
    jmp     ready

spin:
    pause
    cmpl    $0, PROBE_AT_STOP(%rbx)
    je      spin
    jmp     ready

halt:
    mov     $PROBE_PORT_HALT, %edx
    out     %eax, %dx
    cmpl    $0, PROBE_AT_STOP(%rbx)
    je      halt
    jmp     ready

/* Storing the end of the interrupt comes last: after it the next one may arrive. */
paravane_probe_guest_handler:
    push    %rax
    mov     $PROBE_MAILBOX, %eax
    incl    PROBE_AT_HANDLED(%rax)
    mov     $PROBE_END_OF_INTERRUPT, %eax
    movl    $0, (%rax)
    pop     %rax
    iretq

    .balign 4
commands:
    .long   ready - commands
    .long   loop - commands
    .long   write_port_user - commands
    .long   write_port_event - commands
    .long   write_mmio_user - commands
    .long   write_mmio_event - commands
    .long   spin - commands
    .long   halt - commands
paravane_probe_guest_end:

    .section .note.GNU-stack, "", @progbits
