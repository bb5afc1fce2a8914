/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs on the guest's stack, and calls nothing: no library, and no system call but futex, which is all
 * that the process may still make.
 */
#include "call.h"

#include <paravane/mailbox.h>

#include <linux/futex.h>
#include <sys/syscall.h>

static __thread struct pv_shared mailbox __attribute__((tls_model("local-exec")));

static void futex(struct pv_shared word, long operation, uint32_t value)
{
    register long timeout __asm__("r10") = 0;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"((long)SYS_futex), "D"(word.address), "S"(operation), "d"((long)value),
                       "r"(timeout)
                     : "rcx", "r11", "memory");
    (void)result; /* awake for any reason: the caller looks again */
}

void pv_process_use_mailbox(struct pv_shared place)
{
    mailbox = place;
}

int64_t pv_process_call(const struct pv_process_request *call)
{
    struct pv_mailbox box = {0};
    uint32_t state;
    unsigned int i;

    box.number = pv_le64_of(call->number);
    for (i = 0; i < 5; i++)
        box.argument[i] = pv_le64_of(call->argument[i]);
    pv_shared_copy_in(mailbox, &box, sizeof(box));
    pv_shared_store_release(mailbox, PV_MAILBOX_CALL);
    futex(mailbox, FUTEX_WAKE, 1);

    while ((state = pv_shared_load_acquire(mailbox)) == PV_MAILBOX_CALL)
        futex(mailbox, FUTEX_WAIT, PV_MAILBOX_CALL);
    pv_shared_copy_out(&box, mailbox, sizeof(box));
    if (state == PV_MAILBOX_START)
        pv_process_run(pv_le64_get(box.argument[0]), pv_le64_get(box.argument[1]),
                       pv_le64_get(box.argument[2]));
    return (int64_t)pv_le64_get(box.result);
}
