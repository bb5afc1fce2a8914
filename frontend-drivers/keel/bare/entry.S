/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From flat 32-bit mode to 64-bit mode at CPL 3, in as few instructions as can be: where KVM emulates
 * CPL 0, each takes a microsecond. Ports are open at CPL 3 twice, by IOPL 3 and by an all-zero bitmap,
 * because hosts differ in which of them they look at.
 */
#include "frontend-drivers/keel/bare/layout.h"

#define CR0_PE_MP_ET_NE_WP_AM_PG 0x80050033
#define CR4_PAE_FXSR_XMMEXCPT 0x620
#define MSR_EFER 0xc0000080
#define EFER_SCE_LME_NXE 0x901
#define FLAGS_IOPL3 0x3002
/* Present, writable, for CPL 3, and accessed and dirty, so that the processor need not say so. */
#define PAGE_TABLE 0x67
#define PAGE_2M 0xe7

    .section .text.entry, "ax", @progbits
    .code32
    .globl  bare_entry
bare_entry:
    mov     $ROM_DATA, %eax
    mov     %eax, %ds
    lgdt    gdt_pointer
    mov     $CR4_PAE_FXSR_XMMEXCPT, %eax
    mov     %eax, %cr4
    mov     $page_map, %eax
    mov     %eax, %cr3
    mov     $MSR_EFER, %ecx
    mov     $EFER_SCE_LME_NXE, %eax
    xor     %edx, %edx
    wrmsr
    mov     $CR0_PE_MP_ET_NE_WP_AM_PG, %eax
    mov     %eax, %cr0
    ljmp    $BARE_CODE_CPL0, $long_mode

    .code64
long_mode:
    mov     $bare_task, %eax
    mov     %ax, task_descriptor + 2(%rip)
    shr     $16, %eax
    mov     %al, task_descriptor + 4(%rip)
    mov     %ah, task_descriptor + 7(%rip)
    mov     $BARE_TASK, %eax
    ltr     %ax
    lidt    idt_pointer(%rip)
    mov     $BARE_DATA_CPL3, %eax
    mov     %eax, %ds
    mov     %eax, %es
    lea     bare_stack_end(%rip), %rsp
    mov     %rsp, %rcx
    push    %rax
    push    %rcx
    push    $FLAGS_IOPL3
    push    $BARE_CODE_CPL3
    lea     cpl3(%rip), %rcx
    push    %rcx
    iretq

cpl3:
    xor     %ebp, %ebp
    cld
    call    bare_main
    ud2

    .section .data, "aw", @progbits
    .balign 4096
page_map:
    .quad   page_directories + PAGE_TABLE
    .fill   511, 8, 0
page_directories:
    gigabyte = 0
    .rept   4
    .quad   page_tables + gigabyte * 4096 + PAGE_TABLE
    gigabyte = gigabyte + 1
    .endr
    .fill   508, 8, 0
    /* Each address of 32 bits is itself. */
page_tables:
    page = 0
    .rept   4 * 512
    .quad   page * 0x200000 + PAGE_2M
    page = page + 1
    .endr

    .balign 16
gdt:
    .quad   0
    .quad   0x00af9b000000ffff /* BARE_CODE_CPL0 */
    .quad   0, 0, 0
    .quad   0x00cff3000000ffff /* BARE_DATA_CPL3 */
    .quad   0x00affb000000ffff /* BARE_CODE_CPL3 */
    .quad   0, 0
task_descriptor: /* BARE_TASK */
    .quad   0x0000890000000000 + BARE_TASK_BYTES + BARE_PORT_BYTES
    .quad   0
gdt_end:
gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   gdt
    .balign 16
idt_pointer:
    .word   32 * 16 - 1
    .quad   bare_idt

    .balign 16
    .globl  bare_task
bare_task:
    .fill   4, 1, 0
    .quad   exception_stack_end /* of CPL 0, where nothing runs */
    .fill   24, 1, 0
    .quad   exception_stack_end /* of the interrupt stack table, the first */
    .fill   102 - 44, 1, 0
    .word   BARE_TASK_BYTES
    .fill   BARE_PORT_BYTES, 1, 0
    .byte   0xff

    .section .bss, "aw", @nobits
    .balign 64
    .fill   262144, 1, 0
bare_stack_end:
    .fill   16384, 1, 0
exception_stack_end:

    .section .note.GNU-stack, "", @progbits
