// SPDX-License-Identifier: Apache-2.0
//
// The report of `paravane host` from findings that are made up here: no host has all of them.
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "backend/cli/host_json.hpp"
#include "backend/cli/host_report.hpp"
#include "backend/cli/host_text.hpp"
#include "hypercall/host/probe/cost.hpp"
#include "hypercall/host/probe/finding.hpp"

namespace paravane::cli {
namespace {

using probe::Answer;
using probe::Cost;
using probe::Section;
using probe::Spread;

std::vector<Section> working_host()
{
    return {{"kvm",
             "KVM",
             {probe::yes({"kvm.device", "device"}, "opened"),
              probe::yes({"kvm.guest", "guest at CPL 3"}, "ran")}},
            {"memory", "Memory", {probe::yes({"memory.sealing", "memfd sealing"}, "tried")}},
            {"process",
             "Processes",
             {probe::yes({"process.eventfd", "eventfd"}, "tried"),
              probe::yes({"process.descriptors", "descriptors by socket"}, "tried")}}};
}

HostReport report_of(std::vector<Section> sections, std::vector<Cost> costs = {})
{
    HostReport report;

    report.sections.push_back(vehicles_of(sections));
    for (Section &section : sections)
        report.sections.push_back(std::move(section));
    report.costs = std::move(costs);
    return report;
}

std::vector<std::string> lines_of(const std::string &text)
{
    std::vector<std::string> lines;
    size_t start = 0;

    for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
        lines.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return lines;
}

// The first line that has this in it; empty if there is none.
std::string line_with(const std::string &text, const std::string &part)
{
    for (const std::string &line : lines_of(text)) {
        if (line.find(part) != std::string::npos)
            return line;
    }
    return {};
}

TEST(Vehicles, BothWorkWhereAllIsThere)
{
    const HostReport report = report_of(working_host());

    EXPECT_TRUE(report.guests_run_under_kvm());
    EXPECT_EQ(report.find("vehicle.process")->answer, Answer::yes);
}

TEST(Vehicles, AGuestThatDoesNotRunIsWhyKvmDoesNotCarryGuests)
{
    for (const Answer answer : {Answer::no, Answer::partly, Answer::untried}) {
        std::vector<Section> sections = working_host();
        sections[0].findings[1].answer = answer;
        sections[0].findings[1].why = "it stood still";
        sections[0].findings[1].advice = "push it";
        const HostReport report = report_of(sections);

        EXPECT_FALSE(report.guests_run_under_kvm());
        EXPECT_EQ(report.find("vehicle.kvm")->answer, Answer::no);
        EXPECT_EQ(report.find("vehicle.kvm")->why, "guest at CPL 3: it stood still");
        EXPECT_EQ(report.find("vehicle.kvm")->advice, "push it");
        EXPECT_EQ(report.find("vehicle.process")->answer, Answer::yes);
    }
}

TEST(Vehicles, EachThingThatProcessesNeedIsNeeded)
{
    for (const std::string id : {"memory.sealing", "process.eventfd", "process.descriptors"}) {
        std::vector<Section> sections = working_host();
        for (Section &section : sections) {
            for (probe::Finding &finding : section.findings) {
                if (finding.id == id)
                    finding = probe::no({finding.id, finding.what}, {"not here"});
            }
        }
        const HostReport report = report_of(sections);

        EXPECT_TRUE(report.guests_run_under_kvm()) << id;
        EXPECT_EQ(report.find("vehicle.process")->answer, Answer::no) << id;
    }
}

TEST(Vehicles, WhatNobodyTriedIsNotClaimed)
{
    EXPECT_FALSE(report_of({}).guests_run_under_kvm());
    EXPECT_EQ(report_of({}).find("vehicle.kvm")->answer, Answer::untried);
    EXPECT_EQ(report_of({}).find("nothing.of.that.name"), nullptr);
}

TEST(Text, AnswersStandBelowOneAnother)
{
    const std::string text = text_of(report_of(working_host()), false);
    const size_t column = line_with(text, "descriptors by socket").find("yes");

    ASSERT_NE(column, std::string::npos);
    for (const std::string what : {"under KVM", "as processes", "device ", "memfd sealing"})
        EXPECT_EQ(line_with(text, what).find("yes"), column) << what;
}

TEST(Text, TellsWhyNotAndWhatToDo)
{
    std::vector<Section> sections = working_host();
    sections[0].findings[0] =
        probe::no({"kvm.device", "device"}, {"open it: Permission denied", "ask its owner"});
    sections[1].findings[0] =
        probe::partly({"memory.sealing", "memfd sealing"}, "half of it", {"the rest", "wait"});
    const std::string text = text_of(report_of(sections), false);

    EXPECT_NE(line_with(text, "device  ").find("open it: Permission denied"), std::string::npos);
    EXPECT_FALSE(line_with(text, "-> ask its owner").empty());
    EXPECT_NE(line_with(text, "memfd sealing  ").find("partly   half of it"), std::string::npos);
    EXPECT_FALSE(line_with(text, "but the rest").empty());
    EXPECT_FALSE(line_with(text, "-> wait").empty());
}

TEST(Text, NoLineEndsWithASpace)
{
    std::vector<Section> sections = working_host();
    sections[0].findings[0].detail.clear();

    for (const std::string &line : lines_of(text_of(report_of(sections), false)))
        EXPECT_FALSE(line.ends_with(' ')) << line;
}

TEST(Text, ColoursOnlyIfAsked)
{
    const HostReport report = report_of(working_host());

    EXPECT_EQ(text_of(report, false).find('\033'), std::string::npos);
    EXPECT_NE(text_of(report, true).find('\033'), std::string::npos);
}

TEST(Text, CostsAreMicroseconds)
{
    const HostReport report =
        report_of(working_host(), {{"cost.a", "to there", Spread{25400, 25240, 26567, 9}, {}},
                                   {"cost.b", "and back", std::nullopt, "nobody came"}});
    const std::string text = text_of(report, false);

    for (const std::string figure : {"25.400", "25.240", "26.567", " 9"})
        EXPECT_NE(line_with(text, "to there").find(figure), std::string::npos) << figure;
    EXPECT_NE(line_with(text, "and back").find("untried  nobody came"), std::string::npos);
    EXPECT_EQ(text_of(report_of(working_host()), false).find("What an exit costs"),
              std::string::npos);
}

TEST(Json, HasWhatIsThereAndNothingElse)
{
    std::vector<Section> sections = working_host();
    sections[1].findings[0] =
        probe::no({"memory.sealing", "memfd sealing"}, {"none", "get some"}).with_value(7, "pages");
    const HostReport report =
        report_of(sections, {{"cost.a", "to there", Spread{2, 1, 3, 9}, {}},
                             {"cost.b", "and back", std::nullopt, "nobody came"}});
    const nlohmann::json document = nlohmann::json::parse(json_of(report));
    const nlohmann::json &finding = document["sections"][2]["findings"][0];

    EXPECT_EQ(document["schema"], "paravane-host");
    EXPECT_EQ(document["version"], host_schema_version);
    EXPECT_EQ(document["kvm"], true);
    EXPECT_EQ(finding, (nlohmann::json{{"id", "memory.sealing"},
                                       {"what", "memfd sealing"},
                                       {"answer", "no"},
                                       {"why", "none"},
                                       {"advice", "get some"},
                                       {"value", 7},
                                       {"unit", "pages"}}));
    EXPECT_EQ(document["costs"][0], (nlohmann::json{{"id", "cost.a"},
                                                    {"what", "to there"},
                                                    {"measured", true},
                                                    {"unit", "ns"},
                                                    {"median", 2.0},
                                                    {"least", 1.0},
                                                    {"most", 3.0},
                                                    {"rounds", 9}}));
    EXPECT_EQ(
        document["costs"][1],
        (nlohmann::json{
            {"id", "cost.b"}, {"what", "and back"}, {"measured", false}, {"why", "nobody came"}}));
}

TEST(Json, SurvivesNamesThatAreNotUtf8)
{
    std::vector<Section> sections = working_host();
    sections[0].findings[0] = probe::no({"kvm.device", "device"}, {"open \xff: no such file"});

    EXPECT_TRUE(nlohmann::json::accept(json_of(report_of(sections))));
}

TEST(Spread, IsTheMedianAndTheEnds)
{
    const std::optional<Spread> odd = probe::spread_of(std::array{5.0, 1.0, 9.0});
    const std::optional<Spread> even = probe::spread_of(std::array{4.0, 1.0, 2.0, 9.0});

    ASSERT_TRUE(odd && even);
    EXPECT_EQ(odd->median, 5.0);
    EXPECT_EQ(odd->least, 1.0);
    EXPECT_EQ(odd->most, 9.0);
    EXPECT_EQ(odd->rounds, 3U);
    EXPECT_EQ(even->median, 3.0);
    EXPECT_FALSE(probe::spread_of({}));
}

} // namespace
} // namespace paravane::cli
