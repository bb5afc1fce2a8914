// SPDX-License-Identifier: Apache-2.0
//
// What a successor makes of its predecessors' requests, one case at a time. A budget keeps requests from being
// begun: of those that wait, each process lets one pass.
#include <array>
#include <thread>

#include <gtest/gtest.h>

#include "blk_bench.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {
namespace {

constexpr uint64_t mebibyte = uint64_t{1} << 20;

class BlkRestore : public testing::Test {
  protected:
    BlkRestore() { hold(); }

    // Forgives what is owed.
    void hold()
    {
        let_go();
        bench_.supervisor.limit({0, 1, 0});
        holds_ = true;
    }
    void let_go()
    {
        bench_.supervisor.limit({});
        holds_ = false;
    }

    void put(uint32_t queue, const pv_blk_request &request)
    {
        ASSERT_TRUE(guest_.put(request, queue).has_value());
        guest_.publish(queue);
        put_.at(queue)++;
        const uint64_t until = clock_now() + 5000000000;
        while (log_.queue(queue).requests_taken != put_.at(queue) && clock_now() < until)
            std::this_thread::yield();
        ASSERT_EQ(log_.queue(queue).requests_taken, put_.at(queue));
    }
    // A write of sectors that are all `value`, whose data lies where no other's does.
    void put_write(uint32_t queue, unsigned char value)
    {
        const uint64_t at = uint64_t{value} * 4096;
        guest_.fill(at, 4096, value);
        put(queue, write_of(0, 8, at));
    }
    void die()
    {
        bench_.process->kill();
        (void)bench_.supervisor.bury(*bench_.process);
    }
    // The successor lets one pass as well.
    void resume()
    {
        if (holds_)
            hold();
        bench_.process = bench_.supervisor.resume();
        ASSERT_EQ(bench_.process->hear(), "connected");
    }
    // What was taken of the first queue is as if its completion had come after the death.
    void fail_what_is_taken(blk::EntryState state)
    {
        for (uint32_t id = 0; id < 16; id++) {
            blk::Entry &entry = log_.entry(0, id);
            if (entry.state != blk::EntryState::taken)
                continue;
            entry.status = PV_BLK_STATUS_IO;
            entry.response_index = log_.queue(0).responses_given;
            entry.state = state;
        }
    }
    // All answers, by their queue.
    std::vector<BlkAnswer> answers(uint32_t queue, std::size_t count)
    {
        std::vector<BlkAnswer> all;
        while (all.size() < count && guest_.await(queue))
            for (const BlkAnswer &answer : guest_.take(queue))
                all.push_back(answer);
        EXPECT_EQ(all.size(), count);
        return all;
    }
    // Those of a process that does what is left; then the end.
    void finish()
    {
        let_go();
        resume();
        for (uint32_t queue = 0; queue < queues; queue++)
            for (const BlkAnswer &answer : answers(queue, put_.at(queue) - taken_.at(queue)))
                EXPECT_EQ(answer.status, 0);
        EXPECT_FALSE(guest_.await(0, 50)) << "each is answered once";
        bench_.end();
    }

    static constexpr uint32_t queues = 3;
    BlkBench bench_{BlkDisk::of_file(mebibyte), {.queues = queues, .depth = 16}};
    bool holds_ = false;
    BlkGuest &guest_ = bench_.guest;
    blk::Log &log_ = bench_.supervisor.log();
    std::array<uint32_t, queues> put_{};
    std::array<uint32_t, queues> taken_{};
};

TEST_F(BlkRestore, DoesWhatWasNotDoneInItsOrder)
{
    // By the order of the queues, and against it.
    for (const bool backwards : {false, true}) {
        resume();
        hold();
        put(1, read_of(64, 8));
        put(1, read_of(64, 8));
        put_write(backwards ? 2 : 0, 1);
        put_write(1, 2);
        put_write(backwards ? 0 : 2, 3);
        die();
        let_go();
        resume();
        for (uint32_t queue = 0; queue < queues; queue++)
            (void)answers(queue, queue == 1 ? 3 : 1);
        EXPECT_TRUE(bench_.disk.holds(0, 4096, 3)) << backwards;
        taken_ = put_;
        die();
    }
    EXPECT_EQ(bench_.supervisor.counts().replayed, 8U);
}

TEST_F(BlkRestore, KeepsTheOrderOverManyDeaths)
{
    resume();
    for (int i = 0; i < 4; i++)
        put(0, read_of(64, 8));
    put_write(2, 1);
    die();
    resume();
    put_write(1, 2);
    die();
    resume();
    put_write(0, 3);
    die();
    finish();
    EXPECT_TRUE(bench_.disk.holds(0, 4096, 3));
}

// The guest may have changed its table meanwhile: what was checked counts.
TEST_F(BlkRestore, UsesTheTableOfItsLog)
{
    bench_.disk.write(0, std::vector<std::byte>(8192, std::byte{0x77}));
    guest_.fill(0, mebibyte, 0);
    resume();
    put(0, read_of(64, 8));
    const std::array pieces = {Piece{65536, 4096}, Piece{131072, 4096}};
    put(0, guest_.indirect(request_of(PV_BLK_READ), pieces));
    const std::array others = {Piece{262144, 4096}, Piece{0, 4096, 77}};
    (void)guest_.indirect(request_of(PV_BLK_READ), others);
    die();
    finish();
    EXPECT_TRUE(guest_.holds(65536, 4096, 0x77) && guest_.holds(131072, 4096, 0x77));
    EXPECT_TRUE(guest_.holds(262144, 4096, 0));
}

// What was pinned by the dead is pinned by its successor, and checked against the table of grants.
TEST_F(BlkRestore, ChecksGrantsAnew)
{
    resume();
    put(0, read_of(64, 8));
    put(0, read_of(0, 8));
    // Of two one waits still.
    put(0, write_of(0, 8));
    put(0, write_of(0, 8));
    die();
    EXPECT_FALSE(guest_.pinned());
    pv_shared_store_relaxed(guest_.entry(data_grant), 0);
    resume();
    EXPECT_TRUE(guest_.pins.pinned({read_only_grant}));
    EXPECT_FALSE(guest_.pins.pinned({data_grant}));
    let_go();
    die();
    resume();
    int refused = 0;
    for (const BlkAnswer &answer : answers(0, 4))
        refused += answer.status == PV_BLK_STATUS_GRANT ? 1 : 0;
    EXPECT_GE(refused, 1);
    bench_.end();
}

TEST_F(BlkRestore, TellsWhatTheDrainFound)
{
    resume();
    put(0, read_of(64, 8));
    put_write(0, 1);
    die();
    fail_what_is_taken(blk::EntryState::done);
    let_go();
    resume();
    std::size_t failed = 0;
    for (const BlkAnswer &answer : answers(0, 2))
        failed += answer.status == PV_BLK_STATUS_IO ? 1 : 0;
    EXPECT_EQ(failed, 1U);
    EXPECT_TRUE(bench_.disk.holds(0, 4096, 0)) << "it is not done again";
    EXPECT_EQ(bench_.supervisor.counts().replayed, 0U);
    bench_.end();
}

// It died between its answer and the guest's sight of it.
TEST_F(BlkRestore, TellsAgainWhatTheGuestHasNotSeen)
{
    resume();
    put(0, read_of(64, 8));
    ASSERT_EQ(answers(0, 1).size(), 1U);
    put_write(0, 1);
    die();
    fail_what_is_taken(blk::EntryState::answered);
    let_go();
    resume();
    const std::vector<BlkAnswer> told = answers(0, 1);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].status, PV_BLK_STATUS_IO);
    EXPECT_TRUE(bench_.disk.holds(0, 4096, 0)) << "it is not done again";
    EXPECT_EQ(bench_.supervisor.counts().replayed, 0U);
    bench_.end();
}

// Of requests that were answered long ago nothing is told again, however far the indices have come since.
TEST_F(BlkRestore, ForgetsWhatIsOver)
{
    let_go();
    resume();
    for (int i = 0; i < 40; i++)
        ASSERT_EQ(guest_.ask(read_of(0, 8)), 0);
    put_[0] = 40;
    taken_[0] = 40;
    die();
    finish();
    EXPECT_EQ(bench_.supervisor.counts().replayed, 0U);
}

TEST_F(BlkRestore, BeginsAnewWithANewConnection)
{
    resume();
    put(0, read_of(64, 8));
    put_write(0, 1);
    die();
    // The guest has made new rings.
    BlkGuest other({.queues = queues, .depth = 16});
    BlkSupervisor supervisor(other, bench_.disk);
    auto process = supervisor.start();
    ASSERT_EQ(process->hear(), "connected");
    EXPECT_EQ(other.ask(read_of(0, 8)), 0);
    EXPECT_EQ(supervisor.counts().replayed, 0U);
    process->say_disconnect();
    EXPECT_EQ(process->hear(), "disconnected");
}

} // namespace
} // namespace paravane::backend_test
