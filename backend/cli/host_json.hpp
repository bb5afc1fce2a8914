// SPDX-License-Identifier: Apache-2.0
//
// The report for programs. paravane-host(1) documents the schema; whoever changes it raises the version.
#pragma once

#include <string>

#include "backend/cli/host_report.hpp"

namespace paravane::cli {

// Raised when something is removed or changes its meaning, not when something is added.
constexpr int host_schema_version = 1;

[[nodiscard]] std::string json_of(const HostReport &report);

} // namespace paravane::cli
