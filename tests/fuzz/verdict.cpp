// SPDX-License-Identifier: Apache-2.0
#include "verdict.hpp"

#include <cstdio>
#include <cstdlib>

namespace paravane::fuzz {

std::array<uint64_t, PV_RULES> refusals = {};
uint64_t operations = 0;

void fail(const char *what)
{
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

} // namespace paravane::fuzz
