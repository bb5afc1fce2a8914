// SPDX-License-Identifier: Apache-2.0
//
// `paravane run`: boots a guest and lives as long as it does.
#pragma once

#include "backend/cli/verb.hpp"

namespace paravane::cli {

[[nodiscard]] Verb add_run_command(CLI::App &app);

} // namespace paravane::cli
