// SPDX-License-Identifier: Apache-2.0
//
// --group: disks that keep their rates together.
#pragma once

#include <string>

#include "backend/cli/rates.hpp"

namespace paravane::cli {

inline constexpr std::size_t group_name_max = 32;

struct GroupOption {
    std::string name;
    RateWords rates;
};

// What is wrong with a group's name; empty where nothing is.
[[nodiscard]] std::string check_group_name(const std::string &name);

// What is wrong with the text; empty where it is NAME and rates.
[[nodiscard]] std::string parse_group(const std::string &text, GroupOption &option);

} // namespace paravane::cli
