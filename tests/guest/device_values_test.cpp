// SPDX-License-Identifier: Apache-2.0
//
// What a device's directories may say, and what is made of it.
#include <string>

#include <gtest/gtest.h>

#include "frontend-drivers/device/values.hpp"

namespace keel::device {
namespace {

TEST(DeviceValues, NamesKeys)
{
    Directory own;

    own.set_own("console", 3);
    EXPECT_EQ(own.path(), "device/console/3");
    EXPECT_EQ(own.key(PV_DEVICE_STATE), "device/console/3/state");
    EXPECT_EQ(own.key(PV_DEVICE_RING, 63), "device/console/3/ring-63");
    EXPECT_EQ(own.path(), "device/console/3");
}

TEST(DeviceValues, TakesOnlyAbsolutePathsThatLeaveRoom)
{
    Directory directory;

    EXPECT_TRUE(directory.set("/domain/0/backend/console/1/0"));
    for (const std::string &path :
         {std::string(), std::string("/"), std::string("x"), std::string("domain/0"),
          std::string("/domain/"), "/" + std::string(PV_STORE_PATH_MAX, 'x')})
        EXPECT_FALSE(directory.set(path)) << path;
    EXPECT_EQ(directory.key(PV_DEVICE_EPOCH), "/domain/0/backend/console/1/0/epoch");
    const std::string longest = "/" + std::string(PV_STORE_PATH_MAX - 33, 'x');
    EXPECT_TRUE(directory.set(longest));
    EXPECT_EQ(directory.key(PV_DEVICE_VERSION_MIN), longest + "/version-min");
}

TEST(DeviceValues, AreNumbersAndNothingElse)
{
    uint64_t number = 0;

    EXPECT_TRUE(parse_value("0", 9, number));
    EXPECT_EQ(number, 0U);
    EXPECT_TRUE(parse_value("18446744073709551615", UINT64_MAX, number));
    EXPECT_EQ(number, UINT64_MAX);
    for (const std::string &text :
         {std::string(), std::string(" "), std::string("01"), std::string("00"), std::string("-1"),
          std::string("+1"), std::string("0x1"), std::string("1 "), std::string(" 1"),
          std::string("1 2"), std::string("1\n"), std::string("1\0", 2),
          std::string("18446744073709551616"), std::string(70, '1')})
        EXPECT_FALSE(parse_value(text, UINT64_MAX, number)) << text;
    EXPECT_FALSE(parse_value("10", 9, number));
}

TEST(DeviceValues, OffersMakeSense)
{
    pv_device_offer offer = {};

    EXPECT_TRUE(parse_offer({"1", "4294967295", "18446744073709551615"}, offer));
    EXPECT_EQ(offer.version_min, 1U);
    EXPECT_EQ(offer.version, UINT32_MAX);
    EXPECT_EQ(offer.features, UINT64_MAX);
    EXPECT_FALSE(parse_offer({"2", "1", "0"}, offer));
    EXPECT_FALSE(parse_offer({"1", "4294967296", "0"}, offer));
    EXPECT_FALSE(parse_offer({"1", "1", ""}, offer));
    EXPECT_FALSE(parse_offer({"", "1", "0"}, offer));
}

TEST(DeviceValues, WordsAreMadeFitToBeShown)
{
    std::array<char, 200> room{};
    Writer text(room);

    put_words(text, "a\x1b[31m\n\xff~ ");
    EXPECT_EQ(text.text(), "a?[31m??~ ");
    text.clear();
    put_words(text, std::string(500, 'x'));
    EXPECT_EQ(text.text().size(), 120U);
}

} // namespace
} // namespace keel::device
