/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All the firmware that the bare image needs: from the processor's reset to flat 32-bit mode and on to the
 * image, which QEMU's loader has put into memory. Lies in the last 64 KiB below 4 GiB.
 */
#include "frontend-drivers/keel/bare/layout.h"

    .section .rom, "ax", @progbits
    .code16
rom_start:
    cli
    cld
    lgdtl   %cs:(gdt_pointer - rom_start + ROM_START)
    mov     %cr0, %eax
    or      $1, %al
    mov     %eax, %cr0
    ljmpl   $ROM_CODE, $BARE_IMAGE

    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff /* ROM_CODE: 32 bits, flat */
    .quad   0x00cf93000000ffff /* ROM_DATA: the same for data */
gdt_end:
gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   gdt

    .section .reset, "ax", @progbits
    jmp     rom_start
    .balign 16, 0

    .section .note.GNU-stack, "", @progbits
