// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace paravane::store_test {
namespace {

int parse_error(std::string_view text, DomainId domain = host)
{
    return error_of(StorePath::parse(text, domain));
}

std::string repeated(std::string_view piece, size_t count)
{
    std::string text;
    for (size_t i = 0; i < count; i++)
        text += piece;
    return text;
}

TEST(StorePathTest, TakesPathsApart)
{
    const StorePath at = path("/a/bc/d");
    EXPECT_EQ(at.depth(), 3U);
    EXPECT_EQ(at.component(0), "a");
    EXPECT_EQ(at.component(1), "bc");
    EXPECT_EQ(at.component(2), "d");
    EXPECT_EQ(at.prefix(0), "/");
    EXPECT_EQ(at.prefix(1), "/a");
    EXPECT_EQ(at.prefix(2), "/a/bc");
    EXPECT_EQ(at.prefix(3), "/a/bc/d");
    EXPECT_EQ(path("/").depth(), 0U);
    EXPECT_EQ(path("/").text(), "/");
}

TEST(StorePathTest, RelativePathsLieAtHome)
{
    EXPECT_EQ(path("device/vbd", alice).text(), "/domain/5/device/vbd");
    EXPECT_EQ(path("x", host).text(), "/domain/0/x");
    EXPECT_EQ(path("/x", alice).text(), "/x");
    EXPECT_EQ(StorePath::home({65535}).text(), "/domain/65535");
}

TEST(StorePathTest, RefusesWhatIsNoPath)
{
    for (const std::string_view text : {"", "//", "/a/", "a/", "/a//b", "//a", "a//b"})
        EXPECT_EQ(parse_error(text), PV_EINVAL) << text;
}

TEST(StorePathTest, NamesHaveTheseBytesAndNoOthers)
{
    const std::string allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:@+-";
    for (int byte = 0; byte < 256; byte++) {
        const char letter = static_cast<char>(byte);
        if (letter == '/')
            continue;
        const bool good = allowed.find(letter) != std::string::npos;
        EXPECT_EQ(parse_error("/a" + std::string(1, letter) + "b"), good ? 0 : PV_EINVAL) << byte;
    }
}

TEST(StorePathTest, DotsAreNames)
{
    EXPECT_EQ(path("/a/../b").depth(), 3U);
    EXPECT_EQ(path("/a/./b").depth(), 3U);
}

TEST(StorePathTest, ComponentsOf128Bytes)
{
    EXPECT_EQ(parse_error("/" + std::string(128, 'x')), 0);
    EXPECT_EQ(parse_error("/" + std::string(129, 'x')), PV_ENAMETOOLONG);
    EXPECT_TRUE(is_store_name(std::string(128, 'x')));
    EXPECT_FALSE(is_store_name(std::string(129, 'x')));
    EXPECT_FALSE(is_store_name(""));
    EXPECT_FALSE(is_store_name("a/b"));
}

TEST(StorePathTest, DepthsOf32)
{
    EXPECT_EQ(parse_error(repeated("/a", 32)), 0);
    EXPECT_EQ(parse_error(repeated("/a", 33)), PV_ENAMETOOLONG);
    EXPECT_EQ(parse_error(repeated("a/", 29) + "a", alice), 0);
    EXPECT_EQ(parse_error(repeated("a/", 30) + "a", alice), PV_ENAMETOOLONG);
}

TEST(StorePathTest, PathsOf1024Bytes)
{
    const std::string long_path = repeated("/" + std::string(127, 'x'), 8);
    ASSERT_EQ(long_path.size(), 1024U);
    EXPECT_EQ(parse_error(long_path), 0);
    EXPECT_EQ(parse_error(long_path + "y"), PV_ENAMETOOLONG);
    // Counted with the home in front.
    const std::string home = store_home_prefix(alice);
    const std::string relative = repeated(std::string(127, 'x') + "/", 7);
    const size_t room = 1024 - home.size() - relative.size();
    EXPECT_EQ(parse_error(relative + std::string(room, 'y'), alice), 0);
    EXPECT_EQ(parse_error(relative + std::string(room + 1, 'y'), alice), PV_ENAMETOOLONG);
}

} // namespace
} // namespace paravane::store_test
