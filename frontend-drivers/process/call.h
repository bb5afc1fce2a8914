/* SPDX-License-Identifier: Apache-2.0 */
/* A hypercall of a guest that is a process: through its vCPU's mailbox. */
#ifndef PARAVANE_PROCESS_CALL_H
#define PARAVANE_PROCESS_CALL_H

#include <paravane/shared.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pv_process_request {
    uint64_t number;
    uint64_t argument[5];
};

/* The calling thread's mailbox from now on. */
void pv_process_use_mailbox(struct pv_shared mailbox);

/* Makes the call and waits for its end. Does not return where the answer is to begin elsewhere. */
int64_t pv_process_call(const struct pv_process_request *call);

/* In entry.S. */
void pv_process_entry(void);
void pv_process_run(uint64_t entry, uint64_t stack, uint64_t argument);

#ifdef __cplusplus
}
#endif

#endif
