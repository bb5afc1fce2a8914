// SPDX-License-Identifier: Apache-2.0
//
// Sizes on command lines: a number of bytes, K, M, G or T.
#pragma once

#include <cstdint>
#include <string>

namespace paravane::cli {

// What is wrong with the text; empty where it is a size.
[[nodiscard]] std::string parse_size(const std::string &text, uint64_t &bytes);

// The same of a number from `least` to `most`.
[[nodiscard]] std::string parse_number(const std::string &text, uint64_t least, uint64_t most,
                                       uint64_t &number);

} // namespace paravane::cli
