// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/format.hpp"

namespace keel {
namespace {

template <typename... Values>
std::string formatted(Pattern<std::type_identity_t<Values>...> pattern, const Values &...values)
{
    std::array<char, 100> room{};
    Writer writer(room);

    format_values(writer, pattern.text(), std::array<Value, sizeof...(Values)>{Value(values)...});
    return std::string(writer.text());
}

TEST(Format, Numbers)
{
    EXPECT_EQ(formatted("{} {} {}", 0, 7U, -7), "0 7 -7");
    EXPECT_EQ(formatted("{}", UINT64_MAX), "18446744073709551615");
    EXPECT_EQ(formatted("{}", INT64_MIN), "-9223372036854775808");
    EXPECT_EQ(formatted("{}", INT64_MAX), "9223372036854775807");
    EXPECT_EQ(formatted("{}", uint8_t{200}), "200");
    EXPECT_EQ(formatted("{}", int16_t{-1}), "-1");
}

TEST(Format, Hexadecimal)
{
    EXPECT_EQ(formatted("{x}", 0U), "0x0");
    EXPECT_EQ(formatted("{x}", UINT64_MAX), "0xffffffffffffffff");
    EXPECT_EQ(formatted("{x}", -1), "0xffffffffffffffff");
    EXPECT_EQ(formatted("{p}", 0x1234U), "0000000000001234");
    EXPECT_EQ(formatted("{p}", UINT64_MAX), "ffffffffffffffff");
}

TEST(Format, Texts)
{
    enum class Colour : uint8_t { red = 3 };

    EXPECT_EQ(formatted("no value"), "no value");
    EXPECT_EQ(formatted(""), "");
    EXPECT_EQ(formatted("{}{}", "a", std::string_view("bc")), "abc");
    EXPECT_EQ(formatted("<{}>", ""), "<>");
    EXPECT_EQ(formatted("{}", 'x'), "x");
    EXPECT_EQ(formatted("{} {}", true, false), "yes no");
    EXPECT_EQ(formatted("{}", Colour::red), "3");
    EXPECT_EQ(formatted("{}", "{}"), "{}");
}

TEST(Format, CutsWhatDoesNotFit)
{
    std::array<char, 4> room{};
    Writer writer(room);

    writer.put("12345");
    EXPECT_EQ(writer.text(), "1234");
    writer.end_with('\n');
    EXPECT_EQ(writer.text(), "123\n");
    writer.clear();
    writer.put("12");
    writer.end_with('\n');
    EXPECT_EQ(writer.text(), "12");

    Writer none(std::span<char>{});
    none.put('x');
    none.put_number(5, 10, 3);
    none.end_with('y');
    EXPECT_EQ(none.text(), "");
}

TEST(Format, ParsesWholeNumbersWithinTheirRange)
{
    struct Case {
        std::string_view text;
        uint64_t most;
        bool good;
        uint64_t value;
    };
    const std::vector<Case> cases = {
        {"0", 255, true, 0},
        {"255", 255, true, 255},
        {"256", 255, false, 0},
        {"0000000000000000000000001", 255, true, 1},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
        {"", 255, false, 0},
        {"-1", 255, false, 0},
        {"+1", 255, false, 0},
        {"1 ", 255, false, 0},
        {"0x1", 255, false, 0},
        {"5", 4, false, 0},
        {"4", 4, true, 4},
    };

    for (const Case &one : cases) {
        uint64_t value = 77;
        EXPECT_EQ(parse_number(one.text, one.most, value), one.good) << one.text;
        EXPECT_EQ(value, one.good ? one.value : 77) << one.text;
    }
}

} // namespace
} // namespace keel
