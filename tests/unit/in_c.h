// SPDX-License-Identifier: Apache-2.0
//
// The rings used from freestanding C11. Each function returns 0, or the line of the first thing that
// was not as it should be.
#ifndef PARAVANE_TESTS_UNIT_IN_C_H
#define PARAVANE_TESTS_UNIT_IN_C_H

#include <stdint.h>

// `memory` stays the caller's: zeroed, aligned to 128 bytes, of at least 4096 bytes.
int in_c_slots(void *memory);
int in_c_stream(void *memory);
int in_c_queues(void *requests, void *responses);
int in_c_peer(void *memory);

#endif
