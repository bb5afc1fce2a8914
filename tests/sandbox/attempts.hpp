// SPDX-License-Identifier: Apache-2.0
//
// What no confined process may do: a try of each.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include <gtest/gtest.h>

namespace paravane::sandbox::test {

struct Attempt {
    std::string name;
    void (*run)();
};

// Forbidden to everyone.
[[nodiscard]] std::span<const Attempt> attempts();
// Forbidden to the processes of guests, which may wait and wake, and nothing else.
[[nodiscard]] std::span<const Attempt> attempts_of_guests();

inline std::string name_of(const testing::TestParamInfo<Attempt> &attempt)
{
    std::string name = attempt.param.name;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

// In reports.
inline void PrintTo(const Attempt &attempt, std::ostream *to)
{
    *to << attempt.name;
}

} // namespace paravane::sandbox::test
