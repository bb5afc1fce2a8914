// SPDX-License-Identifier: Apache-2.0
#include "trial.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "hypercall/host/clock.hpp"
#include "logged_disk.hpp"
#include "tests/backend/blk_supervisor.hpp"

namespace paravane::nested {

namespace {

using backend_test::BlkDisk;
using backend_test::BlkGuest;
using backend_test::BlkLoad;
using backend_test::BlkProcess;
using backend_test::BlkShape;
using backend_test::BlkSupervisor;
using backend_test::BlkWorkload;

constexpr uint64_t sectors = 2048;
constexpr uint64_t second = 1000000000; // ns
constexpr uint64_t life = second / 2;   // of a process, at most
constexpr int patience = 60000;         // ms, with an emulated machine on a busy one

// Enough for something to be found, however slow the machine; or a quarter of what a soak has, for which the log
// has room.
bool is_enough(const BlkWorkload &workload, uint64_t began)
{
    constexpr uint64_t most = 100; // s
    const char *soak = std::getenv("PARAVANE_SOAK_SECONDS");
    const uint64_t time = clock_now() - began;

    if (soak != nullptr)
        return time >= std::min(std::strtoul(soak, nullptr, 10) / 4, most) * second;
    return (workload.flushes >= 100 && workload.changes >= 1500) || time >= most * second;
}

std::unique_ptr<BlkProcess> die(BlkSupervisor &supervisor, std::unique_ptr<BlkProcess> process)
{
    process->kill();
    EXPECT_TRUE(supervisor.bury(*process).all);
    process = supervisor.resume();
    EXPECT_EQ(process->hear(patience), "connected");
    return process;
}

void work(const Trial &trial, const std::string &path, Journal &journal)
{
    const BlkLoad load = {.sectors = sectors,
                          .sectors_max = 16,
                          .hot = 128,
                          .seed = trial.seed,
                          .discards = false,
                          .witness = &journal};
    BlkShape shape = {.queues = 3, .depth = 16};
    shape.data_bytes = data_bytes_of(load, shape.queues, shape.depth);
    BlkGuest guest(shape);
    BlkDisk disk;
    disk.medium = blk::Medium::file;
    disk.bytes = sectors * PV_BLK_SECTOR;
    disk.file =
        UniqueFd(open(path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC | (trial.cached ? 0 : O_DIRECT)));
    ASSERT_TRUE(disk.file) << path;
    BlkSupervisor supervisor(guest, disk);
    supervisor.program = trial.program;
    auto process = supervisor.start();
    ASSERT_EQ(process->hear(patience), "connected");

    BlkWorkload workload(guest, load);
    std::mt19937_64 random(trial.seed);
    const uint64_t began = clock_now();
    uint64_t deaths = 0;
    while (!is_enough(workload, began) && !workload.refused && !workload.hung) {
        std::this_thread::sleep_for(std::chrono::nanoseconds(random() % life));
        if (trial.deaths) {
            process = die(supervisor, std::move(process));
            deaths++;
        }
    }
    EXPECT_TRUE(workload.finish(patience));
    process->say_disconnect();
    EXPECT_EQ(process->hear(patience), "disconnected");
    EXPECT_TRUE(process->ends(patience));
    EXPECT_EQ(process->end(), 0);
    workload.stop();
    EXPECT_FALSE(workload.refused || workload.hung);
    EXPECT_EQ(workload.failed, 0U);
    EXPECT_EQ(workload.wrong, 0U) << "sectors that were read";
    std::printf("%s: %lu requests answered, %lu changes and %lu flushes of them; %lu deaths\n",
                trial.name, workload.answered.load(), workload.changes.load(),
                workload.flushes.load(), deaths);
}

void replay(const Journal &journal, const LoggedDisk &disk, Replay::Counts &counts)
{
    auto log = WriteLog::open(LoggedDisk::log_device);
    ASSERT_TRUE(log.has_value()) << log.error().text;
    Replay replay(journal, sectors);
    while (log->left() > 0) {
        const auto entry = log->next();
        ASSERT_TRUE(entry.has_value()) << entry.error().text;
        const auto added = replay.add(*entry);
        ASSERT_TRUE(added.has_value()) << added.error().text;
    }
    EXPECT_TRUE(replay.complete()) << "the log ends too early";
    counts = replay.counts();
    // Where flushes were forgotten, a write with FUA may be to what was still cached.
    EXPECT_TRUE(counts.wrong > 0 || replay.disk() == disk.content())
        << "the log is not what was written";
    std::printf("  %lu prefixes of the log checked: %lu writes, %lu of them with FUA, "
                "%lu flushes, %lu marks\n"
                "  acknowledged: %lu flushes, %lu writes with FUA\n"
                "  %lu sectors compared, %lu wrong\n%s",
                counts.prefixes, counts.writes, counts.durable, counts.flushes, counts.marks,
                counts.acknowledged_flushes, counts.acknowledged_durable, counts.compared,
                counts.wrong, replay.wrong().c_str());
    std::fflush(stdout);
}

void run(const Trial &trial, Replay::Counts &counts)
{
    auto disk = LoggedDisk::make(sectors);
    ASSERT_TRUE(disk.has_value()) << disk.error().text;
    bool marked = true;
    Journal journal(sectors, trial.cached,
                    [&](uint64_t number) { marked = (*disk)->mark(number) && marked; });
    work(trial, (*disk)->path(), journal);
    if (testing::Test::HasFatalFailure())
        return;
    EXPECT_TRUE(marked);
    const auto ended = (*disk)->end_log();
    ASSERT_TRUE(ended.has_value()) << ended.error().text;
    replay(journal, **disk, counts);
}

} // namespace

Replay::Counts run_trial(const Trial &trial)
{
    Replay::Counts counts;

    run(trial, counts);
    return counts;
}

} // namespace paravane::nested
