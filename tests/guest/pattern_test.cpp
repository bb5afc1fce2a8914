// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/pattern.hpp"

namespace keel {
namespace {

std::string at(uint64_t first, std::size_t count)
{
    std::string text(count, ' ');

    pattern::fill(text, first);
    return text;
}

TEST(Pattern, NumbersItsLines)
{
    EXPECT_EQ(at(0, 32), "000000000000000\n000000000000001\n");
    EXPECT_EQ(at(pattern::line_bytes * 123456789, 16), "000000123456789\n");
}

TEST(Pattern, IsTheSameWhereverItIsBegun)
{
    const std::string whole = at(0, 1000);

    for (std::size_t first = 0; first < 64; first++)
        EXPECT_EQ(at(first, 1000 - first), whole.substr(first));
    EXPECT_EQ(at(5, 0), "");
}

} // namespace
} // namespace keel
