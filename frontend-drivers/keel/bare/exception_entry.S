/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions. Each ends the image: bare_exception(vector, error code, address of the instruction). */

    .macro  entry vector, has_error
    .balign 16
    .if     \has_error == 0
    push    $0
    .endif
    mov     $\vector, %edi
    jmp     common
    .endm

    .text
    /* 16 bytes each. */
    .balign 16
    .globl  bare_exception_entries
bare_exception_entries:
    vector = 0
    .rept   32
    /* Those with an error code: 8, 10 to 14, 17, 21, 29, 30. */
    entry   vector, (0x60227d00 >> vector) & 1
    vector = vector + 1
    .endr

common:
    mov     (%rsp), %rsi
    mov     8(%rsp), %rdx
    and     $-16, %rsp
    cld
    call    bare_exception
    ud2

    .section .note.GNU-stack, "", @progbits
