// SPDX-License-Identifier: Apache-2.0
//
// What another process says in words, as it may be shown to a person: one line, not endless, and nothing
// that moves a terminal's cursor.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace paravane {

inline constexpr std::size_t words_max = 300;

[[nodiscard]] inline std::string words_of(std::string_view said)
{
    std::string words(said.substr(0, words_max));
    for (char &letter : words) {
        if (letter < ' ' || letter > '~')
            letter = '?';
    }
    return words;
}

} // namespace paravane
