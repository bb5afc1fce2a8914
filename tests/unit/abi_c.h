// SPDX-License-Identifier: Apache-2.0
//
// The layout of the wire as a C11 compiler sees it, for comparison with the C++ compiler's.
#ifndef PARAVANE_TESTS_UNIT_ABI_C_H
#define PARAVANE_TESTS_UNIT_ABI_C_H

#include <stddef.h>

struct abi_fact {
    const char *what; // "struct member", or "struct" for its size
    size_t value;
};

// Ended by a fact whose `what` is null.
const struct abi_fact *abi_facts_of_c(void);

#endif
