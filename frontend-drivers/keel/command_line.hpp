// SPDX-License-Identifier: Apache-2.0
//
// The command line, taken apart at its spaces: a program's name and its arguments.
#pragma once

#include <span>
#include <string_view>

namespace keel {

using Words = std::span<const std::string_view>;

// The words of a text, as far as there is room for them.
[[nodiscard]] Words split(std::string_view text, std::span<std::string_view> room);

// Of the start info. Called once, before the other.
void read_command_line();
// Words past the last that there is room for are left out.
[[nodiscard]] Words command_line();

} // namespace keel
