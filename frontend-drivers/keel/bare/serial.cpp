// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/bare/serial.hpp"

#include "frontend-drivers/keel/bare/ports.hpp"

namespace keel::bare {

namespace {

constexpr uint16_t base = 0x3f8;
constexpr uint16_t line_status = base + 5;
constexpr uint8_t received = 0x01;
constexpr uint8_t may_send = 0x20;

} // namespace

std::string_view read_line(std::span<char> room)
{
    std::size_t used = 0;

    for (;;) {
        while ((in8(line_status) & received) == 0)
            ;
        const auto character = static_cast<char>(in8(base));
        if (character == '\n')
            return {room.data(), used};
        if (used < room.size())
            room[used++] = character;
    }
}

void write_line(std::string_view text)
{
    for (std::size_t at = 0; at <= text.size(); at++) {
        while ((in8(line_status) & may_send) == 0)
            ;
        out8(base, static_cast<uint8_t>(at < text.size() ? text[at] : '\n'));
    }
}

} // namespace keel::bare
