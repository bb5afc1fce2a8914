// SPDX-License-Identifier: Apache-2.0
//
// Every rule: who breaks it is refused by it, once, for ever, and nobody else notices.
#include <cctype>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "message.hpp"
#include "rule_case.hpp"

namespace paravane::unit {

namespace {

std::vector<RuleCase> joined(std::initializer_list<std::vector<RuleCase>> lists)
{
    std::vector<RuleCase> all;
    for (const auto &list : lists)
        all.insert(all.end(), list.begin(), list.end());
    return all;
}

std::vector<RuleCase> all_breaks()
{
    return joined({breaks_of_place(), breaks_of_moving(), breaks_of_messages()});
}

std::vector<RuleCase> all_limits()
{
    return joined({limits_of_place(), limits_of_moving(), limits_of_messages()});
}

std::string name_of(const testing::TestParamInfo<RuleCase> &test)
{
    return "rule_" + std::to_string(test.param.rule) + "_" + test.param.name;
}

// A ring that shares the violations and nothing else.
class Neighbour {
  public:
    explicit Neighbour(pv_violations &violations) : memory_(geometry)
    {
        EXPECT_EQ(
            pv_producer_attach(&producer_, memory_.at(), memory_.bytes(), geometry, 0, &violations),
            PV_RULE_KEPT);
        EXPECT_EQ(
            pv_consumer_attach(&consumer_, memory_.at(), memory_.bytes(), geometry, 0, &violations),
            PV_RULE_KEPT);
    }

    void expect_to_work()
    {
        unsigned char to[16];
        const auto message = messages_from(sequence_, 1, 16);
        EXPECT_TRUE(pv_consumer_arm(&consumer_, 1));
        EXPECT_EQ(pv_producer_put(&producer_, message.data(), 16, 1), 1U);
        EXPECT_TRUE(pv_producer_publish(&producer_));
        EXPECT_EQ(pv_consumer_take(&consumer_, to, 16, 1), 1U);
        EXPECT_TRUE(is_pattern(to, sequence_++, 16));
        pv_consumer_release_quietly(&consumer_);
        EXPECT_EQ(pv_producer_refused(&producer_), PV_RULE_KEPT);
        EXPECT_EQ(pv_consumer_refused(&consumer_), PV_RULE_KEPT);
    }

  private:
    static constexpr pv_ring_geometry geometry{2, 16};
    RingMemory memory_;
    pv_producer producer_ = {};
    pv_consumer consumer_ = {};
    uint32_t sequence_ = 0;
};

void expect_counts(const pv_violations &violations, pv_rule rule)
{
    for (unsigned int i = 0; i < PV_RULES; i++)
        EXPECT_EQ(violations.count[i],
                  rule != PV_RULE_KEPT && i == static_cast<unsigned int>(rule) ? 1U : 0U)
            << "count of " << pv_rule_name(static_cast<pv_rule>(i));
}

class RuleBroken : public testing::TestWithParam<RuleCase> {};

TEST_P(RuleBroken, RefusesForEver)
{
    const RuleCase &broken = GetParam();
    pv_violations violations = {};
    Neighbour neighbour(violations);
    neighbour.expect_to_work();

    const std::unique_ptr<Victim> victim = broken.make(violations);
    ASSERT_EQ(victim->refused(), broken.rule) << pv_rule_name(victim->refused());
    expect_counts(violations, broken.rule);

    // A refused ring's memory is not touched again, whatever is tried and however the peer repents.
    const auto image = victim->memory().image();
    if (victim->ring_is_refused())
        victim->memory().forbid();
    victim->try_everything();
    victim->memory().allow();
    EXPECT_EQ(victim->memory().image(), image);

    const bool says_closed = victim->close();
    EXPECT_EQ(victim->memory().image() != image, says_closed);
    const auto empty = std::vector<unsigned char>(image.size());
    victim->memory().restore(empty);
    victim->try_everything();
    EXPECT_EQ(victim->memory().image(), empty);
    EXPECT_TRUE(victim->memory().guards_hold());

    EXPECT_EQ(victim->refused(), broken.rule);
    expect_counts(violations, broken.rule);
    neighbour.expect_to_work();
}

INSTANTIATE_TEST_SUITE_P(Breaks, RuleBroken, testing::ValuesIn(all_breaks()), name_of);

class RuleKept : public testing::TestWithParam<RuleCase> {};

TEST_P(RuleKept, AtItsLimit)
{
    pv_violations violations = {};
    const std::unique_ptr<Victim> victim = GetParam().make(violations);
    EXPECT_EQ(victim->refused(), PV_RULE_KEPT) << pv_rule_name(victim->refused());
    expect_counts(violations, PV_RULE_KEPT);
    EXPECT_TRUE(victim->memory().guards_hold());
}

INSTANTIATE_TEST_SUITE_P(Limits, RuleKept, testing::ValuesIn(all_limits()), name_of);

TEST(Rules, EachIsBrokenAndKeptByACase)
{
    for (const auto &cases : {all_breaks(), all_limits()}) {
        std::set<unsigned int> seen;
        for (const RuleCase &each : cases)
            seen.insert(each.rule);
        std::set<unsigned int> all;
        for (unsigned int rule = 1; rule < PV_RULES; rule++)
            all.insert(rule);
        EXPECT_EQ(seen, all);
    }
    EXPECT_EQ(static_cast<unsigned int>(PV_RULES), 23U);
}

TEST(Rules, NamesAreDistinctAndSayWhatIsWrong)
{
    std::set<std::string> names;
    for (unsigned int rule = 0; rule < PV_RULES; rule++) {
        const std::string name = pv_rule_name(static_cast<pv_rule>(rule));
        EXPECT_FALSE(name.empty());
        EXPECT_TRUE(names.insert(name).second) << name << " names two rules";
    }
    EXPECT_EQ(names.size(), 23U);
    EXPECT_STREQ(pv_rule_name(PV_RULE_KEPT), "kept");
    EXPECT_STREQ(pv_rule_name(PV_RULES), "no such rule");
    EXPECT_FALSE(names.contains("no such rule"));
}

TEST(Rules, NumbersAreOfTheAbi)
{
    EXPECT_EQ(PV_RULE_KEPT, 0);
    EXPECT_EQ(PV_RULE_SLOTS, 1);
    EXPECT_EQ(PV_RULE_SLOT_SIZE, 2);
    EXPECT_EQ(PV_RULE_ALIGNMENT, 3);
    EXPECT_EQ(PV_RULE_MEMORY, 4);
    EXPECT_EQ(PV_RULE_DEPTH, 5);
    EXPECT_EQ(PV_RULE_RESERVED_CONTROL, 6);
    EXPECT_EQ(PV_RULE_PRODUCER_PAST, 7);
    EXPECT_EQ(PV_RULE_PRODUCER_BACK, 8);
    EXPECT_EQ(PV_RULE_CONSUMER_PAST, 9);
    EXPECT_EQ(PV_RULE_CONSUMER_BACK, 10);
    EXPECT_EQ(PV_RULE_STATE, 11);
    EXPECT_EQ(PV_RULE_REOPENED, 12);
    EXPECT_EQ(PV_RULE_MOVED_CLOSED, 13);
    EXPECT_EQ(PV_RULE_REQUEST_ID, 14);
    EXPECT_EQ(PV_RULE_REQUEST_PENDING, 15);
    EXPECT_EQ(PV_RULE_OPERATION, 16);
    EXPECT_EQ(PV_RULE_REQUEST_FLAGS, 17);
    EXPECT_EQ(PV_RULE_REQUEST_RESERVED, 18);
    EXPECT_EQ(PV_RULE_RESPONSE_ID, 19);
    EXPECT_EQ(PV_RULE_RESPONSE_NOT_PENDING, 20);
    EXPECT_EQ(PV_RULE_RESPONSE_STATUS, 21);
    EXPECT_EQ(PV_RULE_RESPONSE_RESERVED, 22);
}

} // namespace

} // namespace paravane::unit
