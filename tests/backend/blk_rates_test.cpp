// SPDX-License-Identifier: Apache-2.0
//
// Rates of disks' processes, by the host's clock: of one, of several that share them, and while they change.
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "blk_bench.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {
namespace {

constexpr uint64_t mebibyte = uint64_t{1} << 20;
constexpr uint64_t second = 1000000000;
constexpr uint64_t millisecond = 1000000;

// A guest that keeps its queue full of one request.
struct Load {
    BlkGuest &guest;
    pv_blk_request request;
    uint64_t answered = 0;
};

// For a while. How many requests a second were answered, of each.
std::vector<double> rates_of(std::vector<Load> loads, uint64_t ns)
{
    const uint64_t from = clock_now();
    std::vector<double> rates;

    rates.reserve(loads.size());
    while (clock_now() < from + ns) {
        for (Load &load : loads) {
            while (load.guest.put(load.request))
                ;
            load.guest.publish();
            (void)load.guest.await(0, loads.size() == 1 ? 100 : 1);
            load.answered += load.guest.take().size();
        }
    }
    const auto took = static_cast<double>(clock_now() - from);
    for (const Load &load : loads)
        rates.push_back(static_cast<double>(load.answered) * static_cast<double>(second) / took);
    return rates;
}

double rate_of(BlkGuest &guest, const pv_blk_request &request, uint64_t ns)
{
    return rates_of({{guest, request}}, ns).front();
}

void expect_rate(double got, double wanted, const char *what)
{
    EXPECT_NEAR(got, wanted, 0.05 * wanted) << what;
    std::printf("%s: %.0f a second wanted, %.0f came, %+.2f %%\n", what, wanted, got,
                100 * (got / wanted - 1));
}

void expect_rate(BlkGuest &guest, const pv_blk_request &request, double wanted, const char *what)
{
    // What may come at once has come.
    (void)rate_of(guest, request, 300 * millisecond);
    expect_rate(rate_of(guest, request, second), wanted, what);
}

TEST(BlkRates, AreKept)
{
    BlkBench bench(BlkDisk::null());
    bench.supervisor.limit({2000, 0});
    bench.begin();
    expect_rate(bench.guest, read_of(0, 1), 2000, "512 bytes");
    bench.supervisor.limit({20000, 0});
    expect_rate(bench.guest, read_of(0, 1), 20000, "512 bytes");
    bench.supervisor.limit({20000, 64 * mebibyte});
    expect_rate(bench.guest, read_of(0, 128), 1024, "64 KiB");
    bench.supervisor.limit({500, 64 * mebibyte});
    expect_rate(bench.guest, read_of(0, 128), 500, "64 KiB");
    bench.supervisor.limit({});
    EXPECT_GT(rate_of(bench.guest, read_of(0, 128), 300 * millisecond), 5000);
    bench.end();
}

TEST(BlkRates, AreKeptAtAnySize)
{
    BlkBench bench(BlkDisk::null());
    bench.begin();
    for (const uint32_t sectors : {1U, 8U, 9U, 128U, 1000U, 2048U}) {
        const uint64_t bytes = sectors * uint64_t{512};
        // Of the small ones not more than there is a core for.
        const uint64_t rate = std::min(256 * mebibyte, 20000 * bytes);
        bench.supervisor.limit({0, rate});
        expect_rate(bench.guest, read_of(0, sectors),
                    static_cast<double>(rate) / static_cast<double>(bytes),
                    (std::to_string(bytes) + " bytes").c_str());
    }
    bench.end();
}

TEST(BlkRates, ChangeForWhoWaitsForThem)
{
    BlkBench bench(BlkDisk::null());
    bench.supervisor.limit({0, 1024, millisecond});
    bench.begin();
    // The second one would wait for a quarter of an hour.
    ASSERT_TRUE(bench.guest.put(read_of(0, 2048)) && bench.guest.put(read_of(0, 2048)));
    bench.guest.publish();
    ASSERT_TRUE(bench.guest.await());
    EXPECT_EQ(bench.guest.take().size(), 1U);
    EXPECT_FALSE(bench.guest.await(0, 300));
    const uint64_t before = bench.process->processor_time();
    EXPECT_FALSE(bench.guest.await(0, 200));
    EXPECT_LT(bench.process->processor_time() - before, 10 * millisecond) << "it sleeps";
    bench.supervisor.limit({0, 1024 * mebibyte, millisecond});
    EXPECT_TRUE(bench.guest.await(0, 1000));
    bench.end();
}

TEST(BlkRates, SpareWhatMovesNothing)
{
    BlkBench bench(BlkDisk::null());
    bench.supervisor.limit({1, 0, 0});
    bench.begin();
    const uint64_t from = clock_now();
    for (int i = 0; i < 20; i++)
        EXPECT_EQ(bench.guest.ask(request_of(PV_BLK_FLUSH)), 0);
    EXPECT_LT(clock_now() - from, second);
    bench.end();
}

// It knows when there will be work, so it does not look for some.
TEST(BlkRates, AreWaitedForAsleep)
{
    BlkBench bench(BlkDisk::null());
    // Of which not many come at once where it was kept from running.
    bench.supervisor.limit({16000, 0, millisecond});
    bench.begin();
    (void)rate_of(bench.guest, read_of(0, 1), 300 * millisecond);
    const uint64_t sleeps = bench.supervisor.counts().sleeps;
    const uint64_t before = bench.process->processor_time();
    const double answered = rate_of(bench.guest, read_of(0, 1), second);
    const uint64_t slept = bench.supervisor.counts().sleeps - sleeps;
    const uint64_t used = bench.process->processor_time() - before;
    std::printf("%.1f %% of a core, %.2f sleeps a request\n", static_cast<double>(used) / 1e7,
                static_cast<double>(slept) / answered);
    EXPECT_GT(static_cast<double>(slept), answered / 3);
    bench.end();
}

// Or a guest could have its backend killed to be rid of what it owes.
TEST(BlkRates, OutliveAProcess)
{
    BlkBench bench(BlkDisk::null());
    bench.supervisor.limit({0, mebibyte, millisecond});
    bench.begin();
    EXPECT_EQ(bench.guest.ask(read_of(0, 2048)), 0);
    bench.process->kill();
    (void)bench.supervisor.bury(*bench.process);
    bench.process = bench.supervisor.resume();
    ASSERT_EQ(bench.process->hear(), "connected");
    ASSERT_TRUE(bench.guest.put(read_of(0, 1)));
    bench.guest.publish();
    EXPECT_FALSE(bench.guest.await(0, 500));
    EXPECT_TRUE(bench.guest.await(0, 1000));
    (void)bench.guest.take();
    bench.end();
}

// ---- of a group ----

class BlkGroupRates : public testing::Test {
  protected:
    void begin()
    {
        for (BlkBench *bench : {&one_, &other_}) {
            bench->supervisor.join(group_);
            bench->begin();
        }
    }
    void end()
    {
        one_.end();
        other_.end();
    }
    void limit(const Rates &rates) { group_.limit(rates, clock_now()); }
    // Both at once, of such requests.
    std::vector<double> load(uint32_t sectors, uint32_t others, uint64_t ns)
    {
        return rates_of({{one_.guest, read_of(0, sectors)}, {other_.guest, read_of(0, others)}},
                        ns);
    }

    SharedBudget group_ = *SharedBudget::create(2);
    BlkBench one_{BlkDisk::null()};
    BlkBench other_{BlkDisk::null()};
};

TEST_F(BlkGroupRates, AreThoseOfAllTogether)
{
    begin();
    for (const uint64_t rate : {uint64_t{1000}, uint64_t{20000}}) {
        limit({rate, 0});
        (void)load(1, 8, 300 * millisecond);
        const std::vector<double> rates = load(1, 8, second);
        const auto wanted = static_cast<double>(rate);
        expect_rate(rates[0] + rates[1], wanted, "both");
        EXPECT_NEAR(rates[0], rates[1], 0.2 * wanted) << "in turns";
    }
    end();
}

TEST_F(BlkGroupRates, AreKeptAtAnySize)
{
    begin();
    for (const uint32_t sectors : {1U, 8U, 128U, 2048U}) {
        const uint64_t rate = std::min(128 * mebibyte, 10000 * uint64_t{512} * (sectors + 8));
        limit({0, rate});
        (void)load(sectors, 8, 300 * millisecond);
        const std::vector<double> rates = load(sectors, 8, second);
        expect_rate(512 * (rates[0] * sectors + rates[1] * 8), static_cast<double>(rate),
                    (std::to_string(sectors * 512) + " and 4096 bytes, bytes").c_str());
    }
    end();
}

TEST_F(BlkGroupRates, AreAllOnesWhereTheOtherHasNothingToDo)
{
    begin();
    limit({2000, 0});
    expect_rate(one_.guest, read_of(0, 8), 2000, "one of two");
    expect_rate(other_.guest, read_of(0, 8), 2000, "the other");
    end();
}

TEST_F(BlkGroupRates, LeaveADisksOwn)
{
    begin();
    limit({2000, 0});
    one_.supervisor.limit({500, 0});
    (void)load(8, 8, 300 * millisecond);
    const std::vector<double> rates = load(8, 8, second);
    expect_rate(rates[0], 500, "one with a rate of its own");
    expect_rate(rates[1], 1500, "the other has the rest");
    end();
}

TEST_F(BlkGroupRates, ChangeWhileTheyAreUsed)
{
    begin();
    for (const uint64_t rate :
         {uint64_t{64}, uint64_t{8}, uint64_t{128}, uint64_t{1}, uint64_t{32}}) {
        limit({0, rate * mebibyte});
        // Who waits looks after so long at the latest.
        (void)load(128, 128, 150 * millisecond);
        const std::vector<double> rates = load(128, 128, second);
        expect_rate(rates[0] + rates[1], static_cast<double>(rate * 16), "after a change");
    }
    end();
}

// A process that another guest has taken over can spoil the rate, and make nobody wait for ever.
TEST_F(BlkGroupRates, AreNoWeaponAgainstOthers)
{
    begin();
    limit({1000, 64 * mebibyte});
    std::atomic<bool> over = false;
    std::thread hostile([&] {
        uint64_t value = 1;
        while (!over) {
            group_.use().operations_until = value;
            group_.use().bytes_until = ~value;
            value = value * 6364136223846793005U + 1442695040888963407U;
        }
    });
    EXPECT_GT(rate_of(one_.guest, read_of(0, 8), second), 3);
    over = true;
    hostile.join();
    group_.use().operations_until = group_.use().bytes_until = UINT64_MAX;
    expect_rate(one_.guest, read_of(0, 8), 1000, "after it");
    end();
}

} // namespace
} // namespace paravane::backend_test
