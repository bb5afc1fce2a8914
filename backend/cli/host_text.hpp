// SPDX-License-Identifier: Apache-2.0
//
// The report for people: one aligned line a finding, and below it why not and what to do.
#pragma once

#include <string>

#include "backend/cli/host_report.hpp"

namespace paravane::cli {

[[nodiscard]] std::string text_of(const HostReport &report, bool colour);

} // namespace paravane::cli
