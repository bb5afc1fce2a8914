// SPDX-License-Identifier: Apache-2.0
//
// What two halves of a device agree on, and the numbers by which they say so.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include <paravane/device.h>
}

namespace paravane::unit {

namespace {

constexpr pv_device_offer ours = {2, 4, 0b0110};

TEST(Device, TheNewestVersionThatBothSpeak)
{
    pv_device_terms terms = {};

    for (const auto &[peer, version] : std::vector<std::pair<pv_device_offer, uint32_t>>{
             {{1, 2, 0}, 2}, {{1, 3, 0}, 3}, {{4, 9, 0}, 4}, {{2, 4, 0}, 4}}) {
        ASSERT_TRUE(pv_device_agree(&ours, &peer, &terms));
        EXPECT_EQ(terms.version, version);
        EXPECT_TRUE(pv_device_acceptable(&ours, &terms));
        EXPECT_TRUE(pv_device_acceptable(&peer, &terms));
    }
}

TEST(Device, NoneWhereOneIsTooOld)
{
    pv_device_terms terms = {};
    const pv_device_offer older = {0, 1, 0};
    const pv_device_offer newer = {5, 9, 0};

    EXPECT_FALSE(pv_device_agree(&ours, &older, &terms));
    EXPECT_FALSE(pv_device_agree(&ours, &newer, &terms));
}

TEST(Device, FeaturesThatBothHave)
{
    pv_device_terms terms = {};
    const pv_device_offer peer = {2, 4, 0b1100};

    ASSERT_TRUE(pv_device_agree(&ours, &peer, &terms));
    EXPECT_EQ(terms.features, 0b0100U);
}

TEST(Device, NothingButWhatWasOffered)
{
    for (const auto &[terms, good] :
         std::vector<std::pair<pv_device_terms, bool>>{{{2, 0}, true},
                                                       {{4, 0b0110}, true},
                                                       {{1, 0}, false},
                                                       {{5, 0}, false},
                                                       {{3, 1}, false}})
        EXPECT_EQ(pv_device_acceptable(&ours, &terms), good) << terms.version;
}

struct Numbers {
    std::vector<uint64_t> taken;
    bool all = false; // nothing is left, and nothing was wrong
};

Numbers numbers_in(const std::string &text)
{
    Numbers numbers;
    const char *at = text.data();
    size_t bytes = text.size();
    uint64_t number = 0;

    numbers.all = !text.empty();
    while (bytes > 0 && numbers.all) {
        numbers.all = pv_device_take_number(&at, &bytes, &number);
        if (numbers.all)
            numbers.taken.push_back(number);
    }
    return numbers;
}

TEST(Device, TakesNumbers)
{
    using List = std::vector<uint64_t>;

    EXPECT_EQ(numbers_in("0").taken, List{0});
    EXPECT_EQ(numbers_in("7 0 4096").taken, (List{7, 0, 4096}));
    EXPECT_EQ(numbers_in("18446744073709551615").taken, List{UINT64_MAX});
    for (const char *good : {"0", "7 0 4096", "18446744073709551615"})
        EXPECT_TRUE(numbers_in(good).all) << good;
}

TEST(Device, TakesNothingElse)
{
    for (const char *bad : {"", " ", "-1", "+1", "x", "1x", "01", "00", "1 ", " 1", "1  2", "1\n",
                            "18446744073709551616", "99999999999999999999", "1 x"})
        EXPECT_FALSE(numbers_in(bad).all) << bad;
}

} // namespace

} // namespace paravane::unit
