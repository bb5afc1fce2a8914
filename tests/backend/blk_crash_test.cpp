// SPDX-License-Identifier: Apache-2.0
//
// The disk's process killed again and again under a guest that keeps it busy: at each place where a death
// matters, and from outside with I/O on its way. Every request is answered once, every acknowledged write is
// there, and no older one over it. PARAVANE_SOAK_SECONDS says for how long.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "backend/blk/points.hpp"
#include "blk_supervisor.hpp"
#include "blk_workload.hpp"
#include "hypercall/host/clock.hpp"
#include "slow_disk.hpp"

namespace paravane::backend_test {
namespace {

using blk::Point;

constexpr uint64_t millisecond = 1000000;
constexpr uint64_t second = 1000 * millisecond;

constexpr std::array<const char *, static_cast<std::size_t>(Point::points)> point_names = {
    "checked",     "logged",    "batch_taken", "released", "started",
    "submitted",   "completed", "answered",    "put",      "forgotten",
    "batch_given", "shown",     "notified",    "attached", "restored"};

// How often a place is passed before a death there, at most: those of the beginning are passed once.
uint64_t passed_before(Point point)
{
    return point == Point::attached || point == Point::restored ? 1 : 120;
}

// In ms.
double quantile(std::vector<uint64_t> times, double which)
{
    if (times.empty())
        return 0;
    std::ranges::sort(times);
    const auto at = static_cast<std::size_t>(which * static_cast<double>(times.size() - 1));
    return static_cast<double>(times[at]) / static_cast<double>(millisecond);
}

struct Counts {
    std::map<Point, uint64_t> deaths; // by their own hand
    uint64_t outside = 0;
    uint64_t with_io = 0; // some was on its way when it was killed
    uint64_t left_io = 0; // and when it was dead
    uint64_t completed = 0;
    std::vector<uint64_t> recoveries; // ns, the drain apart
    std::vector<uint64_t> drains;     // ns, of those that there were

    [[nodiscard]] uint64_t kills() const
    {
        uint64_t all = outside;
        for (const auto &[point, count] : deaths)
            all += count;
        return all;
    }
};

struct Trial {
    const char *name;
    int file_flags;
    BlkShape shape;
    BlkLoad load;
    uint64_t longest_life; // ns, until it is killed from outside
    bool at_points;
    uint64_t bytes_a_second = 0; // of the disk; 0: as it is
};

// Processes that die, one after the other, and what becomes of their guest's requests.
class Lives {
  public:
    explicit Lives(const Trial &trial)
        : trial_(trial), guest_(shape_of(trial)),
          disk_(BlkDisk::of_file(trial.load.sectors * PV_BLK_SECTOR, trial.file_flags)),
          supervisor_(guest_, disk_), workload_(guest_, trial.load)
    {
        if (trial.bytes_a_second > 0)
            slow_ = SlowDisk::make(disk_.file.get(), trial.bytes_a_second);
    }
    [[nodiscard]] bool is_slow() const { return slow_ != nullptr; }

    // One life and death.
    void live(std::optional<Point> death)
    {
        begin(death);
        if (slow_) {
            EXPECT_TRUE(slow_->slow_down(process_->pid()));
        }
        const uint64_t until = clock_now() + random_() % trial_.longest_life;
        bool died = false;
        // Who is to die by itself has longer.
        if (death)
            died = process_->ends(500);
        else
            while (clock_now() < until)
                std::this_thread::yield();
        counts_.with_io += process_->ring().drained() ? 0U : 1U;
        if (!died)
            process_->kill();
        const int status = process_->end();
        // Or it has come to an end, which nobody wanted.
        ASSERT_TRUE(WIFSIGNALED(status)) << process_->hear(0);
        if (died)
            counts_.deaths[*death]++;
        else
            counts_.outside++;
        dead_since_ = clock_now();
        counts_.left_io += process_->ring().drained() ? 0U : 1U;
        const BlkSupervisor::Drained drained = supervisor_.bury(*process_);
        ASSERT_TRUE(drained.all) << "a drain that does not end";
        counts_.completed += drained.completed;
        drained_ns_ = drained.ns;
        counts_.drains.push_back(drained.ns);
    }

    // One that lives, and ends as it should; then the accounts.
    void close()
    {
        begin(std::nullopt);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        EXPECT_TRUE(workload_.finish(30000))
            << workload_.asked - workload_.answered << " requests without an answer";
        process_->say_disconnect();
        EXPECT_EQ(process_->hear(), "disconnected");
        EXPECT_EQ(process_->end(), 0);
        EXPECT_FALSE(guest_.pinned());
        workload_.stop();
        EXPECT_FALSE(workload_.refused) << "a rule of the rings was broken";
        EXPECT_FALSE(workload_.hung) << "a request waited for too long";
        EXPECT_EQ(workload_.asked, workload_.answered);
        EXPECT_EQ(workload_.failed, 0U);
        EXPECT_EQ(workload_.unwoken, 0U);
        EXPECT_EQ(workload_.wrong, 0U) << "sectors that were read";
        const UniqueFd file(open(("/proc/self/fd/" + std::to_string(disk_.file.get())).c_str(),
                                 O_RDONLY | O_CLOEXEC));
        std::vector<std::byte> content(disk_.bytes);
        EXPECT_EQ(pread(file.get(), content.data(), content.size(), 0),
                  static_cast<ssize_t>(content.size()));
        EXPECT_EQ(workload_.wrong_at_the_end(content), 0U) << "sectors of the disk";
    }

    [[nodiscard]] bool good() const
    {
        return !workload_.refused && !workload_.hung && workload_.wrong == 0;
    }
    [[nodiscard]] uint64_t kills() const { return counts_.kills(); }
    [[nodiscard]] const Counts &counts() const { return counts_; }
    [[nodiscard]] std::mt19937_64 &random() { return random_; }

    void print()
    {
        std::printf("%s: %lu kills, %lu of them from outside, %lu with I/O on its way, %lu still "
                    "when they were dead\n",
                    trial_.name, counts_.kills(), counts_.outside, counts_.with_io,
                    counts_.left_io);
        if (trial_.at_points) {
            for (const auto &[point, count] : counts_.deaths)
                std::printf("  %s %lu", point_names.at(static_cast<std::size_t>(point)), count);
            std::printf("\n");
        }
        std::printf("  %lu requests answered: %lu changes, %lu flushes; %lu sectors verified\n",
                    workload_.answered.load(), workload_.changes.load(), workload_.flushes.load(),
                    workload_.looked_at.load() + trial_.load.sectors);
        std::printf("  %lu requests replayed, %lu found completed by the drain\n",
                    supervisor_.counts().replayed.load(), counts_.completed);
        std::printf("  ms from a death to its successor, the drain apart: p50 %.2f, p99 %.2f; "
                    "the drain: p50 %.3f, p99 %.2f, most %.2f\n",
                    quantile(counts_.recoveries, 0.5), quantile(counts_.recoveries, 0.99),
                    quantile(counts_.drains, 0.5), quantile(counts_.drains, 0.99),
                    quantile(counts_.drains, 1));
    }

  private:
    [[nodiscard]] static BlkShape shape_of(const Trial &trial)
    {
        BlkShape shape = trial.shape;
        shape.data_bytes = data_bytes_of(trial.load, shape.queues, shape.depth);
        return shape;
    }

    // Where the one before it was.
    void begin(std::optional<Point> death)
    {
        if (death) {
            const std::string where = std::to_string(static_cast<unsigned int>(*death)) + " " +
                                      std::to_string(random_() % passed_before(*death));
            setenv("PARAVANE_BLK_POINT", where.c_str(), 1);
        } else {
            unsetenv("PARAVANE_BLK_POINT");
        }
        process_ = supervisor_.resume();
        if (death)
            return;
        EXPECT_EQ(process_->hear(), "connected");
        if (dead_since_ > 0)
            counts_.recoveries.push_back(clock_now() - dead_since_ - drained_ns_);
    }

    Trial trial_;
    BlkGuest guest_;
    BlkDisk disk_;
    BlkSupervisor supervisor_;
    std::unique_ptr<SlowDisk> slow_;
    std::unique_ptr<BlkProcess> process_;
    Counts counts_;
    std::mt19937_64 random_{3};
    uint64_t dead_since_ = 0;
    uint64_t drained_ns_ = 0;
    BlkWorkload workload_; // goes first
};

std::optional<uint64_t> soak()
{
    const char *seconds = std::getenv("PARAVANE_SOAK_SECONDS");
    return seconds != nullptr ? std::optional(std::strtoul(seconds, nullptr, 10) * second)
                              : std::nullopt;
}

// All trials together kill 240 times; or five times as often, and for as long as is asked for, of which each has a
// quarter.
void run(const Trial &trial, uint64_t kills)
{
    Lives lives(trial);
    if (trial.bytes_a_second > 0 && !lives.is_slow())
        GTEST_SKIP() << "no disk can be slowed down here";
    const uint64_t wanted = soak() ? 5 * kills : kills;
    const uint64_t until = clock_now() + soak().value_or(0) / 4;
    // Far beyond what it takes.
    const uint64_t limit = until + wanted * second;

    for (uint64_t life = 0; lives.good(); life++) {
        if (lives.kills() >= wanted && clock_now() >= until)
            break;
        ASSERT_LT(clock_now(), limit) << "only " << lives.kills() << " kills";
        // Every other one recovers in peace, and is timed.
        std::optional<Point> death;
        if (trial.at_points && life % 4 != 3)
            death = static_cast<Point>((life - life / 4) % point_names.size());
        lives.live(death);
        if (testing::Test::HasFatalFailure())
            return;
    }
    lives.close();
    lives.print();
    if (trial.bytes_a_second > 0) {
        EXPECT_GT(lives.counts().left_io, 0U) << "nothing was on its way";
        EXPECT_GT(lives.counts().completed, 0U) << "nothing came after a death";
    }
    if (!trial.at_points)
        return;
    for (std::size_t point = 0; point < point_names.size(); point++)
        EXPECT_TRUE(lives.counts().deaths.contains(static_cast<Point>(point)))
            << "nobody died at " << point_names.at(point);
}

class BlkCrash : public testing::Test {
  protected:
    void SetUp() override
    {
        if (std::getenv("PARAVANE_BLK_PROGRAM") == nullptr)
            setenv("PARAVANE_BLK_PROGRAM", PARAVANE_BLK_POINTS_PROGRAM, 1);
    }
};

// Small requests, all over each other.
constexpr BlkLoad small_load = {.sectors = 8192, .sectors_max = 16, .hot = 128};

TEST_F(BlkCrash, AtEachPlaceWithTheHostsCache)
{
    run({"small requests, cached",
         0,
         {.queues = 3, .depth = 16, .index = 0U - 5000},
         small_load,
         20 * millisecond,
         true},
        80);
}

TEST_F(BlkCrash, AtEachPlaceWithoutTheHostsCache)
{
    BlkLoad load = small_load;
    load.seed = 2;
    run({"small requests, direct",
         O_DIRECT,
         {.queues = 3, .depth = 16, .index = 0U - 5000},
         load,
         20 * millisecond,
         true},
        80);
}

// Large ones, so that a disk has always some to do.
TEST_F(BlkCrash, WithMuchOnItsWay)
{
    run({"large requests, direct",
         O_DIRECT,
         {.queues = 2, .depth = 16},
         {.sectors = 32768, .sectors_max = 1024, .hot = 4096, .seed = 3, .unit = 8},
         60 * millisecond,
         false},
        60);
}

// What a dead process has begun goes on for long, and nobody overtakes it.
TEST_F(BlkCrash, WithASlowDisk)
{
    run({"small requests, slow disk",
         O_DIRECT,
         {.queues = 2, .depth = 32},
         {.sectors = 8192, .sectors_max = 64, .hot = 512, .seed = 4, .unit = 8},
         60 * millisecond,
         false,
         uint64_t{4} << 20},
        20);
}

} // namespace
} // namespace paravane::backend_test
