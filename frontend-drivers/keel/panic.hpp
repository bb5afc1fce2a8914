// SPDX-License-Identifier: Apache-2.0
//
// The end of a kernel that cannot go on: what was wrong, where, and a crash. Lines that begin with @pv
// are for the host: it puts names to the frames' addresses.
#pragma once

#include <array>

#include "frontend-drivers/keel/exceptions.hpp"
#include "frontend-drivers/keel/format.hpp"

namespace keel {

[[noreturn]] void panic_with(std::string_view text);
[[noreturn]] void panic_at(const ExceptionFrame &frame);

template <typename... Values>
[[noreturn]] void panic(Pattern<std::type_identity_t<Values>...> pattern, const Values &...values)
{
    std::array<char, 256> room; // NOLINT(cppcoreguidelines-pro-type-member-init)
    Writer text(room);

    format_values(text, pattern.text(), std::array<Value, sizeof...(Values)>{Value(values)...});
    panic_with(text.text());
}

} // namespace keel
