// SPDX-License-Identifier: Apache-2.0
//
// Programs' arguments of the form name=value.
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/programs/settings.hpp"

namespace keel::program {
namespace {

TEST(Settings, QuantitiesHaveUnits)
{
    uint64_t value = 0;
    const auto is = [&](std::string_view text, Unit unit, uint64_t expected) {
        return parse_quantity(text, unit, UINT64_MAX, value) && value == expected;
    };

    EXPECT_TRUE(is("0", Unit::none, 0));
    EXPECT_TRUE(is("17", Unit::none, 17));
    EXPECT_TRUE(is("4K", Unit::bytes, 4096));
    EXPECT_TRUE(is("512", Unit::bytes, 512));
    EXPECT_TRUE(is("3M", Unit::bytes, 3 << 20));
    EXPECT_TRUE(is("2G", Unit::bytes, uint64_t{2} << 30));
    EXPECT_TRUE(is("2", Unit::time, 2'000'000'000));
    EXPECT_TRUE(is("2s", Unit::time, 2'000'000'000));
    EXPECT_TRUE(is("30ms", Unit::time, 30'000'000));
    EXPECT_TRUE(is("5us", Unit::time, 5'000));
    EXPECT_TRUE(is("7ns", Unit::time, 7));
    EXPECT_TRUE(is("2m", Unit::time, 120'000'000'000));
}

TEST(Settings, WhatIsNoQuantityIsRefused)
{
    uint64_t value = 0;

    for (const std::string_view text : {"", "K", "4k", "4KK", "-1", "4 K", "1.5K", "0x10"})
        EXPECT_FALSE(parse_quantity(text, Unit::bytes, UINT64_MAX, value)) << text;
    EXPECT_FALSE(parse_quantity("4K", Unit::none, UINT64_MAX, value));
    EXPECT_FALSE(parse_quantity("4K", Unit::time, UINT64_MAX, value));
    EXPECT_FALSE(parse_quantity("5K", Unit::bytes, 4096, value));
    EXPECT_FALSE(parse_quantity("17179869184G", Unit::bytes, UINT64_MAX, value));
}

TEST(Settings, FindsWhatItIsAskedFor)
{
    const std::vector<std::string_view> words = {"size=8K", "depth=3", "verify", "rw=read"};
    Settings settings(words);
    uint64_t size = 1;
    uint32_t depth = 1;
    uint32_t other = 5;
    std::string_view mode;

    settings.number("size", Unit::bytes, 512, 1 << 20, size);
    settings.number("depth", 1, 10, depth);
    settings.number("other", 1, 10, other);
    settings.text("rw", mode);
    EXPECT_FALSE(settings.word("size"));
    EXPECT_EQ(settings.wrong(), "verify");
    EXPECT_TRUE(settings.word("verify"));
    EXPECT_EQ(settings.wrong(), "");
    EXPECT_EQ(size, 8192U);
    EXPECT_EQ(depth, 3U);
    EXPECT_EQ(other, 5U);
    EXPECT_EQ(mode, "read");
}

TEST(Settings, NamesWhatIsWrong)
{
    const auto wrong_in = [](std::string_view word) {
        const std::vector<std::string_view> words = {"depth=2", word};
        Settings settings(words);
        uint32_t depth = 1;
        uint64_t size = 1;

        settings.number("depth", 1, 10, depth);
        settings.number("size", Unit::bytes, 512, 4096, size);
        return settings.wrong();
    };

    for (const std::string_view word : {"depth=0", "depth=11", "depth=", "depth=x", "size=8K",
                                        "size=1", "siz=1", "size", "verify", "=1", "depthx=1"})
        EXPECT_EQ(wrong_in(word), word);
    EXPECT_EQ(wrong_in("size=4K"), "");
}

} // namespace
} // namespace keel::program
