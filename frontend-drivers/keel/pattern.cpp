// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/pattern.hpp"

#include <array>

namespace keel::pattern {

namespace {

std::array<char, line_bytes> line(uint64_t number)
{
    std::array<char, line_bytes> text{};

    for (std::size_t i = text.size() - 1; i > 0; i--) {
        text[i - 1] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
    text.back() = '\n';
    return text;
}

} // namespace

void fill(std::span<char> to, uint64_t first)
{
    std::array<char, line_bytes> text{};

    for (std::size_t i = 0; i < to.size(); i++) {
        const uint64_t place = first + i;
        if (i == 0 || place % line_bytes == 0)
            text = line(place / line_bytes);
        to[i] = text[place % line_bytes];
    }
}

} // namespace keel::pattern
