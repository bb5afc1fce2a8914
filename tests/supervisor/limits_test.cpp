// SPDX-License-Identifier: Apache-2.0
//
// Rates in words: of a command line, and of a file.
#include "backend/cli/limits.hpp"

#include <array>
#include <fstream>
#include <memory>
#include <random>
#include <string_view>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "backend/cli/limits_file.hpp"
#include "tests/supervisor/test_directory.hpp"

namespace paravane::cli {
namespace {

using Names = std::set<std::string, std::less<>>;

const Names known = {"disk.0", "disk.1", "group.web"};

// ---- a file's text ----

TEST(LimitsFile, HoldsRatesByName)
{
    const auto parsed = parse_limits(R"(
# of the first
[disk.0]
iops = 5_000
bps = "100M"
[disk]
1 = { bps = 4096, burst = 10 }
[group.web]
iops = 0
)",
                                     known);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().text;
    EXPECT_EQ(parsed->size(), 3U);
    const RateWords &first = parsed->at("disk.0");
    EXPECT_EQ(first.iops, 5000U);
    EXPECT_EQ(first.bps, uint64_t{100} << 20);
    EXPECT_FALSE(first.burst_ms.has_value());
    const RateWords &second = parsed->at("disk.1");
    EXPECT_FALSE(second.iops.has_value());
    EXPECT_EQ(second.bps, 4096U);
    EXPECT_EQ(second.burst_ms, 10U);
    EXPECT_EQ(parsed->at("group.web").iops, 0U);
}

TEST(LimitsFile, HoldsTheLargestOfAll)
{
    const auto parsed = parse_limits("[disk.0]\niops = 1000000000000\nburst = 10000\n", known);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().text;
    EXPECT_EQ(parsed->at("disk.0").rates().operations, Rates::rate_max);
    EXPECT_EQ(parsed->at("disk.0").rates().burst_ns, Rates::burst_max);
}

TEST(LimitsFile, MayHoldNothing)
{
    for (const char *text : {"", "# nothing\n", "[disk.0]\n", "[disk]\n", "[group]\n"}) {
        const auto parsed = parse_limits(text, known);
        EXPECT_TRUE(parsed.has_value()) << text << ": " << parsed.error().text;
    }
}

struct Wrong {
    const char *text;
    const char *why; // all of the line, or its beginning
};

class LimitsFileWrong : public testing::TestWithParam<Wrong> {};

TEST_P(LimitsFileWrong, IsRefusedInOneLine)
{
    const auto parsed = parse_limits(GetParam().text, known);
    ASSERT_FALSE(parsed.has_value());
    const std::string &why = parsed.error().text;
    EXPECT_EQ(why.substr(0, std::string(GetParam().why).size()), GetParam().why);
    for (const char letter : why)
        EXPECT_TRUE(letter >= ' ' && letter <= '~') << why;
}

constexpr const char *kinds = "1: \"x\" is none of [disk.NUMBER] and [group.NAME]";

INSTANTIATE_TEST_SUITE_P(
    Each, LimitsFileWrong,
    testing::Values(
        Wrong{"[disk.0]\niops = \n", "2: Error while parsing"}, Wrong{"\n\niops", "3: Error"},
        Wrong{"[disk.0]\niops = 1\niops = 2\n", "3: Error"}, Wrong{"a\xff = 1", "1: Encountered"},
        Wrong{"disk = 3\n[[\n", " it is no TOML"}, Wrong{"[x]\niops = 1\n", kinds},
        Wrong{"x = 1\n", kinds}, Wrong{"disk = 1\n", "1: \"disk\" is none of"},
        Wrong{"\"a\\nb\" = 1\n", "1: \"a?b\" is none of"},
        Wrong{"[disk.2]\niops = 1\n", "1: disk.2: there is no such disk"},
        Wrong{"[disk.00]\niops = 1\n", "1: disk.00: there is no such disk"},
        Wrong{"[group.0]\niops = 1\n", "1: group.0: there is no such group"},
        Wrong{"\n[[disk.0]]\niops = 1\n", "2: disk.0: a table is needed"},
        Wrong{"[disk]\n0 = 7\n", "2: disk.0: a table is needed"},
        Wrong{"[disk.0]\niopz = 1\n", "2: disk.0: \"iopz\" is none of iops, bps, burst"},
        Wrong{"[disk.0]\niops = \"1\"\n", "2: disk.0.iops: a number is needed"},
        Wrong{"[disk.0]\niops = 1.0\n", "2: disk.0.iops: a number is needed"},
        Wrong{"[disk.0]\nbps = true\n", "2: disk.0.bps: a number or a size such as"},
        Wrong{"[disk.0]\niops = -1\n",
              "2: disk.0.iops: a number from 0 to 1000000000000 is needed"},
        Wrong{"[disk.0]\niops = 1000000000001\n",
              "2: disk.0.iops: a number from 0 to 1000000000000 is needed"},
        Wrong{"[disk.0]\nbps = 1000000000001\n",
              "2: disk.0.bps: a number from 0 to 1000000000000 is needed"},
        Wrong{"[disk.0]\nbps = \"1T\"\n", "2: disk.0.bps: a size such as 100M is needed"},
        Wrong{"[disk.0]\nbps = \"0\"\n", "2: disk.0.bps: a size such as 100M is needed"},
        Wrong{"[group.web]\nburst = 0\n", "2: group.web.burst: a number from 1 to 10000 is needed"},
        Wrong{"[group.web]\nburst = 10001\n",
              "2: group.web.burst: a number from 1 to 10000 is needed"}));

TEST(LimitsFile, EndsNothingWhateverItHolds)
{
    constexpr std::array<std::string_view, 24> pieces = {
        "disk", "group", "0",  "web", "iops", "bps", ".", " = ", "7",   "\"1M\"", "\n",   "[",
        "]",    "[[",    "]]", "{",   "}",    ",",   "#", "\"",  "'''", "\\u12",  "\xff", "\r"};
    std::mt19937 random(1);
    unsigned wrong = 0;

    for (int i = 0; i < 50000; i++) {
        std::string text;
        for (unsigned left = random() % 16; left != 0; left--)
            text += pieces.at(random() % pieces.size());
        const auto parsed = parse_limits(text, known);
        wrong += parsed.has_value() ? 0U : 1U;
    }
    EXPECT_GT(wrong, 10000U);
}

// ---- over the command line ----

class LimitsTest : public testing::Test {
  protected:
    LimitsTest()
    {
        limits.add("disk.0", {1000, 2000, 30}, disk);
        limits.add("group.web", {}, group);
    }

    void write(const std::string &text) const
    {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    }
    // What is wrong.
    [[nodiscard]] std::string read() const
    {
        const Result<void> read = limits.read();
        return read ? std::string() : read.error().text;
    }

    static std::shared_ptr<SharedBudget> budget()
    {
        return std::make_shared<SharedBudget>(*SharedBudget::create(1));
    }

    TestDirectory directory;
    std::string path = directory.at("limits.toml");
    std::shared_ptr<SharedBudget> disk = budget();
    std::shared_ptr<SharedBudget> group = budget();
    Limits limits = Limits(path);
};

TEST_F(LimitsTest, AreTheCommandLinesWithoutAFile)
{
    Limits alone;
    alone.add("disk.0", {1000, 2000, 30}, disk);
    EXPECT_TRUE(alone.read().has_value());
    EXPECT_EQ(disk->limits(), (Rates{1000, 2000, 30000000}));
}

TEST_F(LimitsTest, AreTheFilesWhereItSaysSo)
{
    write("[disk.0]\niops = 7\n[group.web]\nbps = 8\nburst = 9\n");
    EXPECT_EQ(read(), "");
    EXPECT_EQ(disk->limits(), (Rates{7, 2000, 30000000}));
    EXPECT_EQ(group->limits(), (Rates{0, 8, 9000000}));
    // What is no longer there is the command line's again, and 0 lifts what that says.
    write("[disk.0]\nbps = 0\n");
    EXPECT_EQ(read(), "");
    EXPECT_EQ(disk->limits(), (Rates{1000, 0, 30000000}));
    EXPECT_EQ(group->limits(), Rates());
}

TEST_F(LimitsTest, StayWhereTheFileIsWrong)
{
    write("[disk.0]\niops = 7\n");
    EXPECT_EQ(read(), "");
    const Rates before = disk->limits();
    write("[disk.0]\niops = 8\n[group.web]\niops = \"9\"\n");
    EXPECT_EQ(read(), "limits " + path + ":4: group.web.iops: a number is needed");
    EXPECT_EQ(disk->limits(), before);
    EXPECT_EQ(group->limits(), Rates());
}

TEST_F(LimitsTest, WantAFileAndNothingElse)
{
    EXPECT_EQ(read(), "limits " + path + ": No such file or directory");
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    EXPECT_EQ(read(), "limits " + path + ": it is no file") << "and nobody waits for a writer";
    ASSERT_EQ(unlink(path.c_str()), 0);
    ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
    EXPECT_EQ(read(), "limits " + path + ": it is no file");
}

TEST_F(LimitsTest, WantAFileThatEnds)
{
    write(std::string(65536, '\n'));
    EXPECT_EQ(read(), "");
    write(std::string(65537, '\n'));
    EXPECT_EQ(read(), "limits " + path + ": it is longer than 65536 bytes");
}

TEST_F(LimitsTest, DoNotNestForEver)
{
    write("x = " + std::string(60000, '['));
    EXPECT_NE(read().find("limits " + path + ":1: "), std::string::npos);
}

} // namespace
} // namespace paravane::cli
