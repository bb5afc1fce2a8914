// SPDX-License-Identifier: Apache-2.0
//
// paravane host: what this host can do, and why not. Exit status: 0 guests run under KVM, 1 they do not,
// 2 wrong usage, 3 the report could not be written.
#pragma once

#include "backend/cli/verb.hpp"

namespace paravane::cli {

[[nodiscard]] Verb add_host_command(CLI::App &paravane);

} // namespace paravane::cli
