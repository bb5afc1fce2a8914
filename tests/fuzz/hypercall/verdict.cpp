// SPDX-License-Identifier: Apache-2.0
#include "verdict.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

namespace paravane::fuzz {

void require(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

std::size_t open_descriptors()
{
    using std::filesystem::directory_iterator;
    return static_cast<std::size_t>(
        std::distance(directory_iterator("/proc/self/fd"), directory_iterator{}));
}

} // namespace paravane::fuzz
