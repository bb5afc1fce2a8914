// SPDX-License-Identifier: Apache-2.0
//
// Options of options: parts with commas between them.
#pragma once

#include <string>
#include <vector>

namespace paravane::cli {

// At each comma; two of them are one of the part's own. At least one part.
[[nodiscard]] std::vector<std::string> parts_of(const std::string &text);

} // namespace paravane::cli
