// SPDX-License-Identifier: Apache-2.0
//
// Whether the host and the bare image understand each other, and what the figures are made of.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "blk/line_socket.hpp"
#include "blk/peers.hpp"
#include "blk/qemu_plan.hpp"
#include "blk/rounds.hpp"
#include "blk/targets.hpp"
#include "frontend-drivers/keel/bare/command.hpp"

namespace paravane::bench::blk {
namespace {

using keel::bare::DiskKind;
using keel::bare::OpenCommand;
using keel::bare::RunCommand;
using keel::bare::WordReader;

// The words after the verb.
WordReader words_of(const std::string &line, const std::string &verb)
{
    WordReader words(line);

    EXPECT_EQ(words.next(), verb);
    return words;
}

TEST(PeersCommands, TheImageOpensWhatThePlanSays)
{
    for (const QemuPlan &plan : qemu_plans()) {
        const std::string line = open_command(plan);
        OpenCommand command;
        ASSERT_TRUE(parse(words_of(line, "open"), command)) << line;
        EXPECT_EQ(command.disk == DiskKind::virtio, plan.disk == QemuDisk::virtio);
        EXPECT_EQ(command.disk == DiskKind::nvme, plan.disk == QemuDisk::nvme);
        EXPECT_EQ(command.disk == DiskKind::ahci, plan.disk == QemuDisk::ahci);
        EXPECT_EQ(command.disk == DiskKind::ide, plan.disk == QemuDisk::ide);
        EXPECT_EQ(command.features.event_index, plan.event_index);
        EXPECT_EQ(command.features.indirect, plan.indirect);
        EXPECT_EQ(command.features.shadow_doorbells, plan.shadow_doorbells);
    }
}

TEST(PeersCommands, TheImageRunsTheJobThatItIsGiven)
{
    Job job;
    job.pattern = Pattern::sequential;
    job.read_percent = 70;
    job.bytes = 131072;
    job.depth = 8;
    job.first = 2048;
    job.sectors = uint64_t{1} << 40;
    job.warm_up = 1;
    job.time = 2;
    job.count = 3;
    job.seed = 4;
    job.latency = true;
    const std::string line = run_command(job, 2'600'000, true);
    RunCommand command;
    ASSERT_TRUE(parse(words_of(line, "run"), command)) << line;
    EXPECT_EQ(command.tsc_khz, 2'600'000U);
    EXPECT_TRUE(command.verify);
    EXPECT_EQ(command.job.pattern, job.pattern);
    EXPECT_EQ(command.job.read_percent, job.read_percent);
    EXPECT_EQ(command.job.bytes, job.bytes);
    EXPECT_EQ(command.job.depth, job.depth);
    EXPECT_EQ(command.job.first, job.first);
    EXPECT_EQ(command.job.sectors, job.sectors);
    EXPECT_EQ(command.job.warm_up, job.warm_up);
    EXPECT_EQ(command.job.time, job.time);
    EXPECT_EQ(command.job.count, job.count);
    EXPECT_EQ(command.job.seed, job.seed);
    EXPECT_EQ(command.job.latency, job.latency);
    EXPECT_LT(line.size(), 512U) << "longer than a line of the image";
}

TEST(PeersCommands, WhatTheImageDoesNotKnowItRefuses)
{
    OpenCommand open;
    RunCommand run;

    EXPECT_FALSE(parse(WordReader("floppy"), open));
    EXPECT_FALSE(parse(WordReader("virtio packed"), open));
    EXPECT_FALSE(parse(WordReader("tsc-khz=1 colour=2"), run));
    EXPECT_FALSE(parse(WordReader("tsc-khz=1 depth"), run));
    EXPECT_FALSE(parse(WordReader("tsc-khz=1 depth=-1"), run));
    RunCommand without_rate;
    EXPECT_FALSE(parse(WordReader("depth=1"), without_rate));
}

TEST(PeersWords, ACommaInAPathIsNoOption)
{
    const std::vector<std::string> words =
        qemu_words(qemu_plans()[0], {"qemu", "rom", "image"}, {"/a,b", 4096});
    const auto has = [&](const std::string &part) {
        return std::any_of(words.begin(), words.end(), [&](const std::string &word) {
            return word.find(part) != std::string::npos;
        });
    };

    EXPECT_TRUE(has("filename=/a,,b,"));
    EXPECT_FALSE(has("null-co"));
}

TEST(PeersLines, AreReadOneByOneHoweverTheyCome)
{
    UniqueFd other;
    Result<LineSocket> made = LineSocket::make(other);
    ASSERT_TRUE(made);
    LineSocket here = std::move(*made);
    LineSocket there(std::move(other));

    ASSERT_TRUE(there.send("one\r\ntwo"));
    for (const char *text : {"one", "two"}) {
        const Result<std::string> line = here.read(std::chrono::seconds(10));
        ASSERT_TRUE(line);
        EXPECT_EQ(*line, text);
    }
    EXPECT_FALSE(here.read(std::chrono::milliseconds(1))) << "there is no third";
    there = LineSocket();
    const Result<std::string> line = here.read(std::chrono::seconds(10));
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().text, "the other end is closed");
}

// Does what it is told it can.
class Fake final : public Contender {
  public:
    Fake(std::string name, uint64_t requests, uint32_t depth_max, std::vector<std::string> &order)
        : name_(std::move(name)), requests_(requests), depth_max_(depth_max), order_(order)
    {
    }
    [[nodiscard]] const std::string &name() const override { return name_; }
    [[nodiscard]] bool can(const Job &job) const override { return job.depth <= depth_max_; }
    [[nodiscard]] Result<Figures> run(const Job & /*job*/) override
    {
        Figures figures;
        order_.push_back(name_);
        figures.requests = requests_;
        figures.errors = errors;
        figures.ns = 1'000'000'000;
        return figures;
    }
    uint64_t errors = 0;

  private:
    std::string name_;
    uint64_t requests_;
    uint32_t depth_max_;
    std::vector<std::string> &order_;
};

// How far apart the processors lie.
std::optional<double> unknown()
{
    return std::nullopt;
}

class Rounds : public ::testing::Test {
  protected:
    Rounds()
    {
        add("peer a", 100, 32);
        add("peer b", 200, 32);
        add("ours", 600, 1);
    }
    void add(const std::string &name, uint64_t requests, uint32_t depth_max)
    {
        contenders.push_back(std::make_unique<Fake>(name, requests, depth_max, order));
    }
    static NamedJob job_of(uint32_t depth)
    {
        NamedJob job;
        job.name = "depth " + std::to_string(depth);
        job.job.depth = depth;
        return job;
    }

    std::vector<std::string> order;
    Contenders contenders;
    Series series;
};

TEST_F(Rounds, TurnTheOrderAround)
{
    ASSERT_TRUE(measure_rounds(contenders, {job_of(1)}, 2, unknown, series, nullptr));
    EXPECT_EQ(order,
              (std::vector<std::string>{"peer a", "peer b", "ours", "ours", "peer b", "peer a"}));
}

TEST_F(Rounds, LeaveOutWhatAContenderCannotDo)
{
    ASSERT_TRUE(measure_rounds(contenders, {job_of(2)}, 1, unknown, series, nullptr));
    EXPECT_EQ(order, (std::vector<std::string>{"peer a", "peer b"}));
    EXPECT_TRUE(series.values("depth 2", "ours").empty());
}

TEST_F(Rounds, CompareWithTheBestOfThePeers)
{
    ASSERT_TRUE(measure_rounds(contenders, {job_of(1)}, 3, unknown, series, nullptr));
    EXPECT_EQ(best_at(job_of(1), contenders, "peer", series), "peer b");
    add_ratios(contenders, {job_of(1)}, "peer", series);
    EXPECT_EQ(series.values("depth 1: by that of peer b", "ours"), (std::vector<double>{3, 3, 3}));
    EXPECT_EQ(series.values("depth 1: by that of peer b", "peer a"),
              (std::vector<double>{0.5, 0.5, 0.5}));
    EXPECT_EQ(best_at(job_of(1), contenders, "nobody", series), "");
}

TEST_F(Rounds, CompareByThemselvesWhereProcessorsLayAlike)
{
    // Of "peer b" and "ours", two each, in turn and turned around: alike; one moved meanwhile; two that lay elsewhere.
    const std::vector<double> lines = {55, 55, 50, 60, 24, 55, 55, 55, 24, 24, 220, 220};
    std::size_t next = 0;
    contenders.erase(contenders.begin());
    const auto line_time = [&]() -> std::optional<double> { return lines.at(next++); };

    ASSERT_TRUE(measure_rounds(contenders, {job_of(1)}, 3, line_time, series, nullptr));
    EXPECT_EQ(next, lines.size());
    EXPECT_EQ(series.values(std::string("depth 1") + line_row(), "ours"),
              (std::vector<double>{50, 60, 24, 55, 220, 220}));
    add_ratios(contenders, {job_of(1)}, "peer", series);
    EXPECT_EQ(series.values("depth 1: by that of peer b", "ours").size(), 3U);
    EXPECT_EQ(series.values("depth 1: by that of peer b, processors alike", "ours"),
              (std::vector<double>{3}));
}

NamedJob one_read()
{
    NamedJob job;

    job.name = "4 KiB random reads, depth 1";
    job.job.depth = 1;
    return job;
}

// Of those with such others.
Target find_target(const std::vector<Target> &targets, const std::string &end)
{
    for (const Target &target : targets) {
        if (target.name.ends_with(end))
            return target;
    }
    ADD_FAILURE() << "no target " << end;
    return {};
}

TEST(Targets, AreMetByMediansOfRatios)
{
    Series series;
    Contenders contenders;
    std::vector<std::string> order;
    contenders.push_back(std::make_unique<Fake>("paravane", 1, 1, order));
    contenders.push_back(std::make_unique<Fake>("QEMU virtio, a", 1, 1, order));
    contenders.push_back(std::make_unique<Fake>("QEMU virtio, b", 1, 1, order));
    for (const double figure : {1000.0, 900.0, 5000.0})
        series.add(one_read().name, "paravane", "requests/s", figure);
    for (const double figure : {50.0, 100.0, 100.0})
        series.add(one_read().name, "QEMU virtio, a", "requests/s", figure);
    for (const double figure : {10.0, 10.0, 10.0})
        series.add(one_read().name, "QEMU virtio, b", "requests/s", figure);

    const std::vector<Target> targets = targets_of(contenders, {one_read()}, series, false);
    const Target ours = find_target(targets, "QEMU virtio, a");
    EXPECT_EQ(ours.value, 20);
    EXPECT_TRUE(ours.met());
    // Nobody of that name: neither met nor missed.
    const Target absent = find_target(targets, "QEMU IDE");
    EXPECT_FALSE(absent.met());
    EXPECT_FALSE(absent.missed());
    // Of a file other things are promised.
    EXPECT_EQ(
        find_target(targets_of(contenders, {one_read()}, series, true), "QEMU virtio, a").target,
        1);
}

// Of one that makes 10,000 requests a second: 100 us each.
double estimate_of(double exits, double user_exits)
{
    Series series;
    Contenders contenders;
    std::vector<std::string> order;
    contenders.push_back(std::make_unique<Fake>("QEMU IDE", 1, 1, order));
    series.add(one_read().name, "QEMU IDE", "requests/s", 10'000);
    series.add(one_read().name + exits_row(false), "QEMU IDE", "exits", exits);
    series.add(one_read().name + exits_row(true), "QEMU IDE", "exits", user_exits);
    add_estimates(contenders, {one_read()}, {40'000, 5'000}, series);
    const std::vector<double> estimates =
        series.values(one_read().name + ": if an exit took 1 us (estimate)", "QEMU IDE");
    return estimates.size() == 1 ? 1e9 / estimates[0] : 0;
}

TEST(Estimates, TakeOffWhatTheExitsCost)
{
    EXPECT_NEAR(estimate_of(0, 0), 100'000, 1);
    EXPECT_NEAR(estimate_of(2, 2), 22'000, 1);
    EXPECT_NEAR(estimate_of(2, 1), 57'000, 1);
    EXPECT_NEAR(estimate_of(2, 0), 92'000, 1);
    EXPECT_NEAR(estimate_of(5, 5), 5'000, 1) << "never less than the exits then take";
}

TEST(Doubts, AreOfHoles)
{
    const std::string path = testing::TempDir() + "holes";
    std::ofstream(path) << "text";
    EXPECT_EQ(doubt_of({path, 4}), "");
    std::filesystem::resize_file(path, 1 << 20);
    EXPECT_NE(doubt_of({path, 1 << 20}), "");
    EXPECT_EQ(doubt_of({"", 1 << 20}), "");
    std::filesystem::remove(path);
}

TEST_F(Rounds, EndWhenARequestFails)
{
    static_cast<Fake &>(*contenders[1]).errors = 1;
    EXPECT_FALSE(measure_rounds(contenders, {job_of(1)}, 1, unknown, series, nullptr));
}

} // namespace
} // namespace paravane::bench::blk
