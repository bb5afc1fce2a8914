// SPDX-License-Identifier: Apache-2.0
//
// Text from values, without a heap. A pattern's placeholders are {} for a value as people write it,
// {x} for hexadecimal and {p} for all sixteen digits of an address; their number is checked when the
// program is compiled.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace keel {

// Text of at most `Size` bytes; what does not fit is left out.
class Writer {
  public:
    explicit Writer(std::span<char> room) : room_(room) {}

    void put(char character);
    void put(std::string_view text);
    void put_number(uint64_t value, uint32_t base, uint32_t digits_least);

    [[nodiscard]] std::string_view text() const { return {room_.data(), used_}; }
    void clear() { used_ = 0; }
    // The last byte becomes this one, if the text is as long as it may be.
    void end_with(char character);

  private:
    std::span<char> room_;
    std::size_t used_ = 0;
};

class Value {
  public:
    Value(std::string_view text) : kind_(Kind::text), text_(text) {}
    Value(const char *text) : Value(std::string_view(text)) {}
    Value(bool value) : Value(std::string_view(value ? "yes" : "no")) {}
    Value(char character) : kind_(Kind::character), bits_(static_cast<unsigned char>(character)) {}
    template <std::unsigned_integral T> Value(T value) : kind_(Kind::natural), bits_(value) {}
    template <std::signed_integral T>
    Value(T value) : kind_(Kind::integer), bits_(static_cast<uint64_t>(int64_t{value}))
    {
    }
    template <typename T>
    requires std::is_enum_v<T> Value(T value) : Value(static_cast<std::underlying_type_t<T>>(value))
    {
    }

    void write(Writer &to, char style) const;

  private:
    enum class Kind : uint8_t { text, character, natural, integer };

    Kind kind_ = Kind::text;
    uint64_t bits_ = 0;
    std::string_view text_;
};

// Called where a pattern is wrong, which then is no constant, so that compilation fails.
void pattern_has_as_many_placeholders_as_there_are_values();

template <typename... Values> class Pattern {
  public:
    consteval Pattern(const char *text) : text_(text)
    {
        std::size_t found = 0;
        for (char character : text_)
            found += character == '{' ? 1 : 0;
        if (found != sizeof...(Values))
            pattern_has_as_many_placeholders_as_there_are_values();
    }
    [[nodiscard]] std::string_view text() const { return text_; }

  private:
    std::string_view text_;
};

void format_values(Writer &to, std::string_view pattern, std::span<const Value> values);

template <typename... Values>
void format(Writer &to, Pattern<std::type_identity_t<Values>...> pattern, const Values &...values)
{
    const std::array<Value, sizeof...(Values)> all = {Value(values)...};
    format_values(to, pattern.text(), all);
}

// The value of a decimal number that is all of the text, no greater than `most`; false for others.
[[nodiscard]] bool parse_number(std::string_view text, uint64_t most, uint64_t &value);

} // namespace keel
