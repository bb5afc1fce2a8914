// SPDX-License-Identifier: Apache-2.0
//
// The early console: lines by hypercall, from the first instruction to the last words of a panic.
#pragma once

#include <array>

#include "frontend-drivers/keel/format.hpp"

namespace keel {

namespace console {

constexpr std::size_t line_max = 512;

// As it is, in as many calls as it takes.
void write(std::string_view text);

} // namespace console

// A line in one call, so that those of other vCPUs do not get into it; cut where it is too long.
template <typename... Values>
void print(Pattern<std::type_identity_t<Values>...> pattern, const Values &...values)
{
    std::array<char, console::line_max> room; // NOLINT(cppcoreguidelines-pro-type-member-init)
    Writer line(room);

    format_values(line, pattern.text(), std::array<Value, sizeof...(Values)>{Value(values)...});
    line.put('\n');
    line.end_with('\n');
    console::write(line.text());
}

} // namespace keel
