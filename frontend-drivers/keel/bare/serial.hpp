// SPDX-License-Identifier: Apache-2.0
//
// The first serial line: commands come in, answers go out, a line each.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "frontend-drivers/keel/format.hpp"

namespace keel::bare {

constexpr std::size_t line_max = 512;

// Waits for one, without its end; what does not fit is left out.
[[nodiscard]] std::string_view read_line(std::span<char> room);
void write_line(std::string_view text);

template <typename... Values>
void say(Pattern<std::type_identity_t<Values>...> pattern, const Values &...values)
{
    std::array<char, line_max> room; // NOLINT(cppcoreguidelines-pro-type-member-init)
    Writer text(room);

    format_values(text, pattern.text(), std::array<Value, sizeof...(Values)>{Value(values)...});
    write_line(text.text());
}

} // namespace keel::bare
