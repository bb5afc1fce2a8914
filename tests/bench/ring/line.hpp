// SPDX-License-Identifier: Apache-2.0
//
// How far apart the two cores are: the time in which one sees what the other wrote. Where a
// hypervisor moves its processors between threads of one core, cores of one cache and different
// caches, this tells, and nothing else does.
#pragma once

#include <string>

#include "ring/setting.hpp"

namespace paravane::bench {

// Cycles from a store on one core to the load on the other that sees it.
[[nodiscard]] double measure_line(const Setting &setting, std::string &error);

// Whether two such figures are of the same placement.
[[nodiscard]] inline bool same_placement(double a, double b)
{
    return a < 1.5 * b && b < 1.5 * a;
}

} // namespace paravane::bench
