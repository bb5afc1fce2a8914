// SPDX-License-Identifier: Apache-2.0
//
// The same with all of it: `paravane run`, and keel, which checks the disk meanwhile and says what must last.
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "guest_replay.hpp"
#include "hypercall/control/child.hpp"
#include "logged_disk.hpp"

namespace paravane::nested {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t sectors = 2048;
constexpr uint64_t seed = 5;

class PowerLossGuest : public testing::Test {
  protected:
    // With the programs of a folder.
    void run(const std::string &folder, bool cached)
    {
        auto disk = LoggedDisk::make(sectors);
        ASSERT_TRUE(disk.has_value()) << disk.error().text;
        const std::string line =
            "blkcheck rounds=2000 depth=16 region=1M lasting seed=" + std::to_string(seed) +
            (cached ? "" : " no-fua");
        const std::string command = folder + "/paravane run --vehicle process --disk " +
                                    (*disk)->path() + (cached ? ",cache=buffered" : "") +
                                    " --cmdline '" + line + "' </dev/null";
        EXPECT_EQ(follow(command, **disk), 0) << said_;
        const auto ended = (*disk)->end_log();
        ASSERT_TRUE(ended.has_value()) << ended.error().text;
        replay(cached ? "cached" : "direct");
    }

    GuestReplay::Counts counts;

  private:
    // Marks what it says when it says it. Its status.
    int follow(const std::string &command, const LoggedDisk &disk)
    {
        // NOLINTNEXTLINE(cert-env33-c) what it says comes through a pipe, and nobody else is here
        FILE *const guest = popen(command.c_str(), "re");
        std::array<char, 1024> line{};

        while (guest != nullptr && fgets(line.data(), static_cast<int>(line.size()), guest)) {
            std::array<char, 6> what{};
            uint32_t generation = 0;
            if (std::sscanf(line.data(), "@pv blkcheck-lasting %5s 0 %u", what.data(), // NOLINT
                            &generation) == 2) {
                events_.push_back({std::string(what.data()) == "until", generation});
                EXPECT_TRUE(disk.mark(events_.size() - 1));
            } else {
                said_ += line.data();
            }
        }
        return guest != nullptr ? pclose(guest) : -1;
    }

    void replay(const char *how)
    {
        GuestReplay replay(events_, sectors, seed);
        for (const bool ahead : {true, false}) {
            auto log = WriteLog::open(LoggedDisk::log_device);
            ASSERT_TRUE(log.has_value()) << log.error().text;
            while (log->left() > 0) {
                const auto entry = log->next();
                ASSERT_TRUE(entry.has_value()) << entry.error().text;
                if (!ahead) {
                    replay.add(*entry);
                    continue;
                }
                const auto looked = replay.look_ahead(*entry);
                ASSERT_TRUE(looked.has_value()) << looked.error().text;
            }
        }
        EXPECT_TRUE(replay.complete());
        counts = replay.counts();
        std::printf(
            "%s, paravane run: %s  %lu prefixes of the log checked: %lu writes, %lu of them "
            "with FUA, %lu flushes\n  acknowledged: %lu flushes and writes with FUA\n"
            "  %lu sectors compared, %lu wrong\n",
            how, said_.c_str(), counts.prefixes, counts.writes, counts.durable, counts.flushes,
            events_.size(), counts.compared, counts.wrong);
        std::fflush(stdout);
        EXPECT_GT(events_.size(), 50U);
        EXPECT_GT(counts.writes, 300U);
    }

    std::vector<GuestReplay::Event> events_;
    std::string said_;
};

std::string programs()
{
    return fs::path(program_beside("paravane")).parent_path();
}

TEST_F(PowerLossGuest, LosesNothing)
{
    run(programs(), false);
    EXPECT_EQ(counts.wrong, 0U);
}

TEST_F(PowerLossGuest, LosesNothingWithTheHostsCache)
{
    run(programs(), true);
    EXPECT_EQ(counts.wrong, 0U);
}

// What it takes is in the folder of `paravane` itself.
TEST_F(PowerLossGuest, FindsForgottenFlushes)
{
    const fs::path folder = "/tmp/programs";

    fs::create_directory(folder);
    for (const char *name : {"paravane", "paravane-domain", "paravane-process-guest", "keel"})
        fs::copy_file(program_beside(name), folder / name);
    fs::copy_file(program_beside("paravane-blk-unflushed"), folder / "paravane-blk");
    fs::copy_file(program_beside("paravane-console"), folder / "paravane-console");
    run(folder, true);
    EXPECT_GT(counts.wrong, 0U);
}

} // namespace
} // namespace paravane::nested
