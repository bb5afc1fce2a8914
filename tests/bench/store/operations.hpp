// SPDX-License-Identifier: Apache-2.0
//
// The operations that are measured. Each is one call for one leaf, and says whether it was done.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/population.hpp"

namespace paravane::bench {

struct Operation {
    std::string name;
    // One for each population, since it may keep something of it.
    std::function<std::function<bool(const Leaf &)>(Population &)> prepare;
};

[[nodiscard]] const std::vector<Operation> &store_operations();

} // namespace paravane::bench
