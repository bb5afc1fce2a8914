// SPDX-License-Identifier: Apache-2.0
//
// What the checking program believes of a disk, and what it catches.
#include <map>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/blk/check/expectations.hpp"
#include "frontend-drivers/blk/check/traffic.hpp"

namespace keel::blk::check {
namespace {

constexpr uint64_t run = 99;

TEST(BlkSector, TellsWhatItHolds)
{
    SectorWords words;

    words.fill(0);
    EXPECT_EQ(content_of(words).kind, Content::Kind::zero);
    fill(words, {run, 1234567, 42});
    const Content content = content_of(words);
    EXPECT_EQ(content.kind, Content::Kind::stamped);
    EXPECT_EQ(content.stamp.run, run);
    EXPECT_EQ(content.stamp.sector, 1234567U);
    EXPECT_EQ(content.stamp.generation, 42U);
}

TEST(BlkSector, AnyBitCounts)
{
    SectorWords words;

    for (std::size_t i = 0; i < words.size(); i++) {
        for (const int bit : {0, 1, 31, 32, 63}) {
            fill(words, {run, 5, 6});
            words[i] ^= uint64_t{1} << bit;
            EXPECT_EQ(content_of(words).kind, Content::Kind::other) << i << ' ' << bit;
            words.fill(0);
            words[i] = uint64_t{1} << bit;
            EXPECT_EQ(content_of(words).kind, Content::Kind::other) << i << ' ' << bit;
        }
    }
}

TEST(BlkSector, MixturesAreNothing)
{
    SectorWords older;
    SectorWords newer;

    for (const Stamp &stamp : {Stamp{run, 5, 7}, Stamp{run, 6, 6}, Stamp{run + 1, 5, 6}}) {
        fill(older, {run, 5, 6});
        fill(newer, stamp);
        const SectorWords whole = older;
        for (std::size_t i = 0; i + 1 < older.size(); i++) {
            older[i] = newer[i];
            EXPECT_TRUE(older == whole || content_of(older).kind == Content::Kind::other) << i;
        }
        older.back() = newer.back();
        EXPECT_EQ(content_of(older).stamp.generation, stamp.generation);
    }
}

class BlkExpectations : public ::testing::Test {
  protected:
    static constexpr uint64_t first = 1000;

    uint32_t begin(Change change, uint64_t sector, uint32_t sectors = 1)
    {
        return table.begin(change, first + sector, sectors);
    }
    uint32_t done(Change change, uint64_t sector, uint32_t sectors = 1)
    {
        const uint32_t generation = begin(change, sector, sectors);
        table.end(generation, true);
        return generation;
    }
    uint32_t note(uint64_t sector)
    {
        uint32_t answered = 0;
        table.note(first + sector, std::span(&answered, 1));
        return answered;
    }
    Verdict look(uint64_t sector, uint32_t answered, uint32_t generation)
    {
        return table.look(first + sector, answered,
                          {Content::Kind::stamped, {run, first + sector, generation}});
    }
    Verdict look_now(uint64_t sector, uint32_t generation)
    {
        return look(sector, note(sector), generation);
    }
    Verdict zero(uint64_t sector, uint32_t answered)
    {
        return table.look(first + sector, answered, {Content::Kind::zero, {}});
    }
    Verdict other(uint64_t sector, uint32_t answered)
    {
        return table.look(first + sector, answered, {Content::Kind::other, {}});
    }

    Expectations table{first, 64, run, Order::submission, 8};
};

TEST_F(BlkExpectations, NothingIsKnownAtTheBeginning)
{
    EXPECT_EQ(zero(0, note(0)), Verdict::right);
    EXPECT_EQ(other(63, note(63)), Verdict::right);
    EXPECT_EQ(look_now(5, 77), Verdict::right);
    // Nor while the first write is in flight.
    const uint32_t write = begin(Change::write, 0);
    EXPECT_EQ(other(0, note(0)), Verdict::right);
    EXPECT_EQ(look_now(0, write), Verdict::right);
}

TEST_F(BlkExpectations, IsSettledUntilTheOldestInFlight)
{
    const uint32_t first_one = begin(Change::write, 0);
    const uint32_t second_one = begin(Change::zero, 1);
    EXPECT_EQ(table.settled(), first_one - 1);
    table.end(second_one, true);
    EXPECT_EQ(table.settled(), first_one - 1);
    const uint32_t third_one = begin(Change::write, 0);
    table.end(first_one, true);
    EXPECT_EQ(table.settled(), second_one);
    table.end(third_one, true);
    EXPECT_EQ(table.settled(), third_one);
}

TEST_F(BlkExpectations, BothAreRightInFlightAndOneAfterIt)
{
    const uint32_t older = done(Change::write, 3);
    const uint32_t before = note(3);

    EXPECT_EQ(look(3, before, older), Verdict::right);
    const uint32_t newer = begin(Change::write, 3);
    EXPECT_EQ(look_now(3, older), Verdict::right);
    EXPECT_EQ(look_now(3, newer), Verdict::right);
    EXPECT_EQ(look_now(3, newer + 1), Verdict::foreign);
    EXPECT_EQ(zero(3, note(3)), Verdict::lost);
    table.end(newer, true);
    EXPECT_EQ(look_now(3, older), Verdict::stale);
    EXPECT_EQ(look_now(3, newer), Verdict::right);
    // A read that was put before the write was answered may have come first.
    EXPECT_EQ(look(3, before, older), Verdict::right);
    EXPECT_EQ(look(3, before, newer), Verdict::right);
}

TEST_F(BlkExpectations, OnlyTheRangeOfAChangeChanges)
{
    const uint32_t older = done(Change::write, 0, 64);
    const uint32_t newer = done(Change::write, 10, 5);

    for (uint64_t sector = 0; sector < 64; sector++) {
        const bool in = sector >= 10 && sector < 15;
        EXPECT_EQ(look_now(sector, older), in ? Verdict::stale : Verdict::right) << sector;
        EXPECT_EQ(look_now(sector, newer), in ? Verdict::right : Verdict::foreign) << sector;
    }
}

TEST_F(BlkExpectations, AFailedWriteMayHaveWritten)
{
    const uint32_t older = done(Change::write, 0);
    const uint32_t failed = begin(Change::write, 0);

    table.end(failed, false);
    EXPECT_EQ(look_now(0, older), Verdict::right);
    EXPECT_EQ(look_now(0, failed), Verdict::right);
    const uint32_t newer = done(Change::write, 0);
    EXPECT_EQ(look_now(0, failed), Verdict::stale);
    EXPECT_EQ(look_now(0, newer), Verdict::right);
}

TEST_F(BlkExpectations, ZeroesAreZeroUntilTheNextWrite)
{
    const uint32_t older = done(Change::write, 0);
    const uint32_t zeroing = begin(Change::zero, 0);

    EXPECT_EQ(zero(0, note(0)), Verdict::right);
    EXPECT_EQ(look_now(0, older), Verdict::right);
    table.end(zeroing, true);
    EXPECT_EQ(zero(0, note(0)), Verdict::right);
    EXPECT_EQ(look_now(0, older), Verdict::stale);
    const uint32_t newer = begin(Change::write, 0);
    EXPECT_EQ(zero(0, note(0)), Verdict::right);
    table.end(newer, true);
    EXPECT_EQ(zero(0, note(0)), Verdict::lost);
    EXPECT_EQ(look_now(0, newer), Verdict::right);
}

TEST_F(BlkExpectations, DiscardedSectorsAreNobodys)
{
    const uint32_t older = done(Change::write, 0);
    const uint32_t written = done(Change::write, 0);
    const uint32_t discard = begin(Change::discard, 0);

    EXPECT_EQ(look_now(0, older), Verdict::right);
    table.end(discard, true);
    EXPECT_EQ(look_now(0, older), Verdict::right);
    EXPECT_EQ(zero(0, note(0)), Verdict::right);
    EXPECT_EQ(other(0, note(0)), Verdict::right);
    const uint32_t newer = done(Change::write, 0);
    EXPECT_EQ(look_now(0, written), Verdict::stale);
    EXPECT_EQ(zero(0, note(0)), Verdict::lost);
    EXPECT_EQ(look_now(0, newer), Verdict::right);
}

TEST_F(BlkExpectations, MixturesAreAllowedOnlyWhileSomethingChanges)
{
    (void)done(Change::write, 0);
    const uint32_t before = note(0);

    EXPECT_EQ(other(0, before), Verdict::foreign);
    const uint32_t write = begin(Change::write, 0);
    EXPECT_EQ(other(0, before), Verdict::mixed);
    table.end(write, true);
    EXPECT_EQ(other(0, before), Verdict::mixed);
    EXPECT_EQ(other(0, note(0)), Verdict::foreign);
    EXPECT_FALSE(is_wrong(Verdict::mixed));
}

TEST_F(BlkExpectations, OtherSectorsAndOtherRunsAreWrong)
{
    const uint32_t write = done(Change::write, 0, 2);

    EXPECT_EQ(table.look(first, note(0), {Content::Kind::stamped, {run, first + 1, write}}),
              Verdict::misplaced);
    EXPECT_EQ(table.look(first, note(0), {Content::Kind::stamped, {run + 1, first, write}}),
              Verdict::foreign);
}

TEST_F(BlkExpectations, OverlappingChangesLandInTheOrderInWhichTheyWerePut)
{
    const uint32_t one = begin(Change::write, 0, 4);
    const uint32_t two = begin(Change::write, 2, 4);

    table.end(one, true);
    table.end(two, true);
    EXPECT_EQ(look_now(1, one), Verdict::right);
    EXPECT_EQ(look_now(2, one), Verdict::stale);
    EXPECT_EQ(look_now(2, two), Verdict::right);
}

TEST(BlkExpectationsAny, OfOverlappingChangesEachMayBeTheLast)
{
    Expectations table(0, 16, run, Order::any, 8);
    const auto look = [&](uint64_t sector, uint32_t generation) {
        uint32_t answered = 0;
        table.note(sector, std::span(&answered, 1));
        return table.look(sector, answered, {Content::Kind::stamped, {run, sector, generation}});
    };
    const uint32_t old = table.begin(Change::write, 0, 16);
    table.end(old, true);
    const uint32_t one = table.begin(Change::write, 0, 4);
    const uint32_t two = table.begin(Change::write, 2, 4);

    table.end(two, true);
    EXPECT_EQ(look(2, one), Verdict::right);
    EXPECT_EQ(look(2, old), Verdict::stale);
    table.end(one, true);
    EXPECT_EQ(look(2, one), Verdict::right);
    EXPECT_EQ(look(2, two), Verdict::right);
    EXPECT_EQ(look(2, old), Verdict::stale);
    EXPECT_EQ(look(5, two), Verdict::right);
    const uint32_t three = table.begin(Change::write, 2, 1);
    table.end(three, true);
    EXPECT_EQ(look(2, two), Verdict::stale);
    EXPECT_EQ(look(2, three), Verdict::right);
}

// A disk that does everything in the order in which it was put, at some time before it is answered: never wrong.
// One that forgets a write, or does one again after a newer one: found.
class Model {
  public:
    explicit Model(uint32_t defects) : defects_(defects) {}

    // How many looks were wrong.
    uint32_t go(uint32_t steps)
    {
        std::vector<Flight> flights;
        uint32_t wrong = 0;

        for (uint32_t i = 0; i < steps; i++) {
            if (flights.size() < 6 && random_() % 2 == 0) {
                Flight flight;
                flight.read = random_() % 2 == 0;
                flight.sector = random_() % 12;
                flight.sectors = 1 + static_cast<uint32_t>(random_() % 4);
                if (flight.read) {
                    flight.answered.resize(flight.sectors);
                    table_.note(flight.sector, flight.answered);
                } else {
                    flight.generation = table_.begin(Change::write, flight.sector, flight.sectors);
                }
                flights.push_back(flight);
            } else if (!flights.empty()) {
                // The first does, and is answered.
                const Flight flight = flights.front();
                flights.erase(flights.begin());
                wrong += finish(flight);
            }
        }
        return wrong;
    }

  private:
    struct Flight {
        bool read = false;
        uint64_t sector = 0;
        uint32_t sectors = 0;
        uint32_t generation = 0;
        std::vector<uint32_t> answered;
    };

    uint32_t finish(const Flight &flight)
    {
        uint32_t wrong = 0;

        if (!flight.read) {
            const bool forgets = defects_ != 0 && random_() % defects_ == 0;
            for (uint32_t i = 0; i < flight.sectors && !forgets; i++)
                content_[flight.sector + i] = flight.generation;
            table_.end(flight.generation, true);
            return 0;
        }
        for (uint32_t i = 0; i < flight.sectors; i++) {
            const uint64_t sector = flight.sector + i;
            const Content content = {Content::Kind::stamped, {run, sector, content_[sector]}};
            wrong += is_wrong(table_.look(sector, flight.answered[i], content)) ? 1U : 0U;
        }
        return wrong;
    }

    uint32_t defects_; // one in so many
    std::mt19937 random_{11};
    Expectations table_{0, 16, run, Order::submission, 8};
    std::array<uint32_t, 16> content_{};
};

TEST(BlkExpectationsModel, AnHonestDiskIsNeverWrong)
{
    EXPECT_EQ(Model(0).go(200'000), 0U);
}

TEST(BlkExpectationsModel, AForgottenWriteIsFound)
{
    EXPECT_GT(Model(100).go(2000), 0U);
}

class BlkTraffic : public ::testing::TestWithParam<uint32_t> {};

TEST_P(BlkTraffic, StaysInItsRegionAndComesEverywhere)
{
    const uint32_t unit = GetParam();
    const Region region = {4096, 4096, unit};
    Traffic traffic(region, UINT32_MAX, 3);
    std::map<pv_blk_operation, uint32_t> operations;
    std::vector<bool> touched(region.sectors);
    uint32_t longest = 0;
    uint32_t shortest = UINT32_MAX;

    for (int i = 0; i < 20'000; i++) {
        const Step step = traffic.next();
        operations[step.operation]++;
        if (step.operation == PV_BLK_FLUSH) {
            EXPECT_EQ(step.sectors, 0U);
            continue;
        }
        ASSERT_GT(step.sectors, 0U);
        ASSERT_LE(step.sectors, PV_BLK_REQUEST_SECTORS_MAX);
        ASSERT_EQ(step.sectors % unit, 0U);
        ASSERT_EQ((step.sector - region.first) % unit, 0U);
        ASSERT_GE(step.sector, region.first);
        ASSERT_LE(step.sector + step.sectors, region.first + region.sectors);
        longest = std::max(longest, step.sectors);
        shortest = std::min(shortest, step.sectors);
        for (uint32_t s = 0; s < step.sectors; s++)
            touched[step.sector + s - region.first] = true;
    }
    EXPECT_EQ(operations.size(), 5U);
    EXPECT_EQ(operations.count(PV_BLK_IDENTIFY), 0U);
    EXPECT_EQ(std::count(touched.begin(), touched.end(), true), region.sectors);
    EXPECT_EQ(shortest, unit);
    EXPECT_GT(longest, PV_BLK_REQUEST_SECTORS_MAX * 9 / 10);
}

TEST_P(BlkTraffic, DividesIntoPiecesThatFit)
{
    const uint32_t unit = GetParam();
    Traffic traffic({0, 4096, unit}, UINT32_MAX, 3);
    std::mt19937 random(1);

    for (int i = 0; i < 20'000; i++) {
        const uint32_t most = 8;
        std::array<uint32_t, 256> pieces{};
        const auto sectors = static_cast<uint32_t>(1 + random() % (2048 / unit)) * unit;
        const uint32_t least = (sectors + most - 1) / most;
        const auto room = least + random() % (pieces.size() - least + 1);
        const std::size_t count = traffic.divide(sectors, most, std::span(pieces).first(room));
        uint32_t sum = 0;

        ASSERT_LE(count, room);
        for (const uint32_t piece : std::span(pieces).first(count)) {
            ASSERT_GT(piece, 0U);
            ASSERT_LE(piece, most);
            ASSERT_EQ(piece % unit, 0U);
            sum += piece;
        }
        ASSERT_EQ(sum, sectors);
    }
}

INSTANTIATE_TEST_SUITE_P(Units, BlkTraffic, ::testing::Values(1U, 8U));

TEST(BlkTrafficSmall, FitsARegionOfOneSector)
{
    Traffic traffic({7, 1, 1}, UINT32_MAX, 3);

    for (int i = 0; i < 1000; i++) {
        const Step step = traffic.next();
        EXPECT_TRUE(step.operation == PV_BLK_FLUSH || (step.sector == 7 && step.sectors == 1));
    }
}

TEST(BlkTrafficSmall, AsksForNoMoreThanTheDiskCan)
{
    Traffic traffic({0, 64, 1}, 1U << PV_BLK_READ | 1U << PV_BLK_WRITE, 3);
    std::set<pv_blk_operation> operations;

    for (int i = 0; i < 1000; i++) {
        const Step step = traffic.next();
        operations.insert(step.operation);
        EXPECT_FALSE(step.fua);
    }
    EXPECT_EQ(operations, (std::set<pv_blk_operation>{PV_BLK_READ, PV_BLK_WRITE}));
}

} // namespace
} // namespace keel::blk::check
