// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/command_line.hpp"

#include <algorithm>
#include <array>

#include "frontend-drivers/keel/start.hpp"

namespace keel {

namespace {

constexpr std::size_t words_max = 64;

constinit std::array<char, PV_COMMAND_LINE_MAX> text = {};
constinit std::array<std::string_view, words_max> words = {};
constinit std::size_t word_count = 0;

bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\n';
}

} // namespace

Words split(std::string_view of, std::span<std::string_view> room)
{
    std::size_t count = 0;

    for (std::size_t at = 0; at < of.size() && count < room.size();) {
        if (is_space(of[at])) {
            at++;
            continue;
        }
        const std::size_t begin = at;
        while (at < of.size() && !is_space(of[at]))
            at++;
        room[count++] = {of.data() + begin, at - begin};
    }
    return room.first(count);
}

void read_command_line()
{
    const auto bytes =
        std::min<uint32_t>(start().command_line_bytes, static_cast<uint32_t>(text.size()));

    pv_shared_copy_out(text.data(), shared_at(start().command_line), bytes);
    word_count = split({text.data(), bytes}, words).size();
}

Words command_line()
{
    return Words(words).first(word_count);
}

} // namespace keel
