// SPDX-License-Identifier: Apache-2.0
//
// --limits: a file of rates, as TOML: tables disk.NUMBER and group.NAME with iops, bps and burst.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "backend/cli/rates.hpp"
#include "hypercall/host/result.hpp"

namespace paravane::cli {

// By name: "disk.0", "group.web".
using NamedRates = std::map<std::string, RateWords, std::less<>>;

// The file's text. Each of its names is to be one of `known`. The Problem is one line, and begins with the
// number of the line that it is about.
[[nodiscard]] Result<NamedRates> parse_limits(std::string_view text,
                                              const std::set<std::string, std::less<>> &known);

// The same of a file; the Problem begins with its path.
[[nodiscard]] Result<NamedRates> read_limits(const std::string &path,
                                             const std::set<std::string, std::less<>> &known);

} // namespace paravane::cli
