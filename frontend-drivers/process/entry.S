/* SPDX-License-Identifier: Apache-2.0 */
/* Between a guest and its run time: the registers of the hypercall ABI on one side, C's on the other. */

    .text

/*
 * Where hypercall stubs jump: number in eax, arguments in rdi, rsi, rdx, r10, r8. All registers come back
 * but rax and r11. The C below uses no vector registers.
 */
    .globl pv_process_entry
    .type pv_process_entry, @function
pv_process_entry:
    pushq %rbp
    movq %rsp, %rbp
    pushq %rcx
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %r8
    pushq %r9
    pushq %r10
    andq $-16, %rsp
    /* struct pv_process_request, from its end */
    pushq %r8
    pushq %r10
    pushq %rdx
    pushq %rsi
    pushq %rdi
    movl %eax, %eax
    pushq %rax
    movq %rsp, %rdi
    call pv_process_call
    leaq -56(%rbp), %rsp
    popq %r10
    popq %r9
    popq %r8
    popq %rdx
    popq %rsi
    popq %rdi
    popq %rcx
    popq %rbp
    ret
    .size pv_process_entry, . - pv_process_entry

/* pv_process_run(entry, stack, argument): begins a vCPU; does not return. */
    .globl pv_process_run
    .type pv_process_run, @function
pv_process_run:
    movq %rdi, %rax
    movq %rsi, %rsp
    movq %rdx, %rdi
    xorl %ebp, %ebp
    jmp *%rax
    .size pv_process_run, . - pv_process_run

    .section .note.GNU-stack,"",@progbits
