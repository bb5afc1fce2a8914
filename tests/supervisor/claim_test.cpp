// SPDX-License-Identifier: Apache-2.0
//
// What a frontend may say of itself in the store, to the last number that is one.
#include <gtest/gtest.h>

#include "backend/store/store.hpp"
#include "backend/supervisor/claim.hpp"

namespace paravane {

namespace {

constexpr DomainId guest{7};
const std::string home = "/domain/7/";

// Version 2 to 3; 1 to 3 rings; 2 to 4 ports.
constexpr DeviceKind kind = {"thing", "no-program", {2, 3, 5}, 1, 3, 2, 4};

const std::vector<std::pair<std::string, std::string>> good = {
    {"version", "2"}, {"features", "1"}, {"ring-0", "1 0 1"}, {"port-0", "3"}, {"port-1", "4"}};

class Claims : public testing::Test {
  protected:
    Claims()
    {
        EXPECT_TRUE(store_.introduce(guest).has_value());
        for (const auto &[key, value] : good)
            put(key, value);
    }
    void put(const std::string &key, const std::string &value)
    {
        EXPECT_TRUE(
            store_.write({guest}, *StorePath::parse("thing/" + key, guest), value).has_value());
    }
    void take_away(const std::string &key)
    {
        EXPECT_TRUE(store_.remove({guest}, *StorePath::parse("thing/" + key, guest)).has_value());
    }
    [[nodiscard]] Result<Claim> claim() { return read_claim(store_, directory_, kind); }
    // Of a claim that is good but for this value. "": it is accepted.
    [[nodiscard]] std::string refusal(const std::string &key, const std::string &value)
    {
        put(key, value);
        const Result<Claim> read = claim();
        return read ? "" : read.error().text;
    }

    Store store_;
    const std::string directory_ = home + "thing";
};

TEST_F(Claims, AreTakenAsTheyAre)
{
    put("features", "5");
    put("version", "3");
    put("ring-0", "4095 18446744073709551615 4294967295");
    put("ring-1", "2 4096 64");
    put("port-0", "4095");
    put("port-1", "1");
    const Result<Claim> read = claim();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->terms.version, 3U);
    EXPECT_EQ(read->terms.features, 5U);
    ASSERT_EQ(read->rings.size(), 2U);
    EXPECT_EQ(read->rings[0].grant, PV_GRANT_ENTRIES - 1);
    EXPECT_EQ(read->rings[0].offset, UINT64_MAX);
    EXPECT_EQ(read->rings[0].size, UINT32_MAX);
    EXPECT_EQ(read->rings[1].grant, 2U);
    EXPECT_EQ(read->rings[1].offset, 4096U);
    EXPECT_EQ(read->rings[1].size, 64U);
    EXPECT_EQ(read->ports, (std::vector<Port>{{PV_PORTS - 1}, {1}}));
}

TEST_F(Claims, NeedEachOfTheirKeys)
{
    for (const auto &[key, value] : good) {
        take_away(key);
        EXPECT_FALSE(claim().has_value()) << key;
        put(key, value);
    }
    EXPECT_TRUE(claim().has_value());
}

TEST_F(Claims, MayHaveRingsUpToTheFirstThatIsNotThere)
{
    put("ring-2", "nonsense");
    EXPECT_EQ(claim()->rings.size(), 1U);
    EXPECT_NE(refusal("ring-1", "3 0 1"), "");
    put("ring-2", "4 0 1");
    put("ring-3", "nonsense");
    EXPECT_EQ(claim()->rings.size(), 3U);
}

TEST_F(Claims, MayHavePortsUpToTheFirstThatIsNotThere)
{
    put("port-3", "nonsense");
    EXPECT_EQ(claim()->ports.size(), 2U);
    EXPECT_EQ(refusal("port-2", "0"), directory_ + "/port-2 is not a port");
    EXPECT_EQ(refusal("port-2", "5"), directory_ + "/port-3 is not a port");
    put("port-3", "6");
    put("port-4", "nonsense");
    EXPECT_EQ(claim()->ports, (std::vector<Port>{{3}, {4}, {5}, {6}}));
}

TEST_F(Claims, KeepToTheOffer)
{
    const std::string not_offered = "version 2 with features 2 is not what was offered";
    EXPECT_EQ(refusal("features", "2"), not_offered);
    EXPECT_NE(refusal("features", "9223372036854775808"), "");
    EXPECT_EQ(refusal("features", "0"), "");
    for (const std::string version : {"0", "1", "4", "4294967298", "18446744073709551615"})
        EXPECT_NE(refusal("version", version), "") << version;
    EXPECT_EQ(refusal("version", "3"), "");
}

TEST_F(Claims, NameGrantsAndPortsThatCanBe)
{
    for (const std::string ring : {"0 0 1", "4096 0 1", "4294967297 0 1", "1 0 4294967296"})
        EXPECT_EQ(refusal("ring-0", ring), directory_ + "/ring-0 is out of range") << ring;
    EXPECT_EQ(refusal("ring-0", "1 0 1"), "");
    for (const std::string port : {"0", "4096", "4294967299"})
        EXPECT_EQ(refusal("port-1", port), directory_ + "/port-1 is not a port") << port;
}

TEST_F(Claims, AreOfNumbersAndNothingElse)
{
    for (const std::string value :
         {"", " ", "x", "-1", "+2", "02", "2 ", " 2", "2 2", "2x", "18446744073709551618"}) {
        EXPECT_NE(refusal("version", value), "") << value;
        put("version", "2");
        EXPECT_NE(refusal("port-0", value), "") << value;
        put("port-0", "3");
    }
    for (const std::string value : {"", "1", "1 0", "1 0 ", "1 0 1 ", "1 0 1 1", "1  0 1", "1 0 01",
                                    "1 0 x", "1,0,1", "1 18446744073709551616 1"})
        EXPECT_EQ(refusal("ring-0", value),
                  directory_ + "/ring-0 is not a grant, an offset and a size")
            << value;
}

TEST_F(Claims, HaveAStateAndAnEpochOrNone)
{
    EXPECT_EQ(read_state(store_, directory_), 0U);
    EXPECT_EQ(read_epoch(store_, directory_), 0U);
    for (const auto &[value, state] : {std::pair{"1", 1U},
                                       {"6", 6U},
                                       {"7", 0U},
                                       {"4294967297", 0U},
                                       {"3 ", 0U},
                                       {"x", 0U},
                                       {"", 0U}}) {
        put("state", value);
        EXPECT_EQ(read_state(store_, directory_), state) << value;
    }
    put("epoch", "18446744073709551615");
    EXPECT_EQ(read_epoch(store_, directory_), UINT64_MAX);
    put("epoch", "x");
    EXPECT_EQ(read_epoch(store_, directory_), 0U);
    EXPECT_EQ(read_state(store_, home + "not here"), 0U);
    EXPECT_EQ(read_epoch(store_, home + "nothing"), 0U);
}

} // namespace

} // namespace paravane
