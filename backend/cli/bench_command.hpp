// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/cli/verb.hpp"

namespace paravane::cli {

[[nodiscard]] Verb add_bench_command(CLI::App &app);

} // namespace paravane::cli
