// SPDX-License-Identifier: Apache-2.0
//
// The access policy of the explorer: name this header in PV_SHARED_ACCESS and every access of the
// ring headers to shared memory becomes one memory event of the model (see README.md here).
#ifndef PARAVANE_EXPLORER_ACCESS_H
#define PARAVANE_EXPLORER_ACCESS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Defined by paravane/shared.h before it includes this. Here it holds an address of the explorer's
 * arena, where no memory lies: it can be passed on, never followed.
 */
struct pv_shared;

uint32_t pv_shared_load_relaxed(struct pv_shared at);
uint32_t pv_shared_load_acquire(struct pv_shared at);
void pv_shared_store_relaxed(struct pv_shared at, uint32_t value);
void pv_shared_store_release(struct pv_shared at, uint32_t value);
void pv_shared_fence(void);
void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes);
void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes);

#ifdef __cplusplus
}
#endif

#endif
