// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/format.hpp"

namespace keel {

namespace {

constexpr uint32_t decimal = 10;
constexpr uint32_t hexadecimal = 16;
constexpr uint32_t address_digits = 16;

} // namespace

void Writer::put(char character)
{
    if (used_ < room_.size())
        room_[used_++] = character;
}

void Writer::put(std::string_view text)
{
    for (char character : text)
        put(character);
}

void Writer::put_number(uint64_t value, uint32_t base, uint32_t digits_least)
{
    std::array<char, 20> digits{};
    std::size_t count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    for (std::size_t i = count; i < digits_least; i++)
        put('0');
    while (count > 0)
        put(digits[--count]);
}

void Writer::end_with(char character)
{
    if (used_ == room_.size() && used_ > 0)
        room_[used_ - 1] = character;
}

void Value::write(Writer &to, char style) const
{
    if (kind_ == Kind::text) {
        to.put(text_);
    } else if (kind_ == Kind::character) {
        to.put(static_cast<char>(bits_));
    } else if (style == 'p') {
        to.put_number(bits_, hexadecimal, address_digits);
    } else if (style == 'x') {
        to.put("0x");
        to.put_number(bits_, hexadecimal, 0);
    } else if (kind_ == Kind::integer && static_cast<int64_t>(bits_) < 0) {
        to.put('-');
        to.put_number(0 - bits_, decimal, 0);
    } else {
        to.put_number(bits_, decimal, 0);
    }
}

void format_values(Writer &to, std::string_view pattern, std::span<const Value> values)
{
    std::size_t next = 0;

    for (std::size_t at = 0; at < pattern.size(); at++) {
        if (pattern[at] != '{') {
            to.put(pattern[at]);
            continue;
        }
        const std::size_t end = pattern.find('}', at);
        if (end == std::string_view::npos || next == values.size())
            return;
        values[next++].write(to, pattern[at + 1]);
        at = end;
    }
}

bool parse_number(std::string_view text, uint64_t most, uint64_t &value)
{
    uint64_t sum = 0;

    if (text.empty())
        return false;
    for (char character : text) {
        if (character < '0' || character > '9')
            return false;
        const auto digit = static_cast<uint64_t>(character - '0');
        if (sum > most / decimal || digit > most - sum * decimal)
            return false;
        sum = sum * decimal + digit;
    }
    value = sum;
    return true;
}

} // namespace keel
