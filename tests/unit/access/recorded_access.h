// SPDX-License-Identifier: Apache-2.0
//
// An access policy (see paravane/shared.h) under which there is no memory but a recorder's.
#ifndef PARAVANE_TESTS_UNIT_ACCESS_RECORDED_ACCESS_H
#define PARAVANE_TESTS_UNIT_ACCESS_RECORDED_ACCESS_H

#include <stdint.h>

// Defined by paravane/shared.h before it includes this.
struct pv_shared;

uint32_t pv_shared_load_relaxed(struct pv_shared at);
uint32_t pv_shared_load_acquire(struct pv_shared at);
void pv_shared_store_relaxed(struct pv_shared at, uint32_t value);
void pv_shared_store_release(struct pv_shared at, uint32_t value);
void pv_shared_fence(void);
void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes);
void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes);

#endif
