// SPDX-License-Identifier: Apache-2.0
//
// An access policy (see paravane/shared.h) of memory that its other owner may change at every read.
#ifndef PARAVANE_TESTS_FUZZ_BLK_CHANGING_ACCESS_H
#define PARAVANE_TESTS_FUZZ_BLK_CHANGING_ACCESS_H

#include <stdint.h>

// Defined by paravane/shared.h before it includes this.
struct pv_shared;

// Where memory is mapped, it has an address; nobody makes a pointer of it again.
struct pv_shared pv_shared_from_pointer(void *memory);

uint32_t pv_shared_load_relaxed(struct pv_shared at);
uint32_t pv_shared_load_acquire(struct pv_shared at);
void pv_shared_store_relaxed(struct pv_shared at, uint32_t value);
void pv_shared_store_release(struct pv_shared at, uint32_t value);
void pv_shared_fence(void);
void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes);
void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes);

#endif
