// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/report.hpp"
#include "store/options.hpp"

namespace paravane::bench {

// Adds the rows and targets. What went wrong, or empty.
[[nodiscard]] std::string run_store_suite(const StoreOptions &options, Report &report);

} // namespace paravane::bench
