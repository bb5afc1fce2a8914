// SPDX-License-Identifier: Apache-2.0
#include "abi_c.h"

#include <paravane/blk.h>
#include <paravane/console.h>
#include <paravane/net.h>
#include <paravane/ring.h>
#include <paravane/side.h>

#define SIZE(type)                                                                                 \
    {                                                                                              \
#type, sizeof(struct type)                                                                 \
    }
#define MEMBER(type, member)                                                                       \
    {                                                                                              \
#type " " #member, offsetof(struct type, member)                                           \
    }

static const struct abi_fact facts[] = {
#include "abi_facts.inc"
    {NULL, 0},
};

const struct abi_fact *abi_facts_of_c(void)
{
    return facts;
}
