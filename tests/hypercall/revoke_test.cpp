// SPDX-License-Identifier: Apache-2.0
//
// Taking grants back from backends that use them, in real shared memory, with the domain process's loop
// as a thread.
#include <atomic>
#include <chrono>
#include <future>

#include <sys/mman.h>

#include <gtest/gtest.h>

#include "grants.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::hypercall_test {
namespace {

using std::chrono::milliseconds;
constexpr uint64_t ms = 1000000;
constexpr uint64_t long_time = 30000 * ms;
constexpr GrantId grant{5};

class Revoke : public testing::Test {
  protected:
    Revoke() { give(guest_, grant.value, host_domain); }

    // From vCPU 1, until it ends.
    [[nodiscard]] std::future<Outcome> begin(uint64_t ns = long_time) const
    {
        take_back(guest_, grant.value);
        return std::async(std::launch::async, [this, ns] {
            return guest_.call_from(1, PV_CALL_GRANT, {PV_GRANT_REVOKE, grant.value, ns});
        });
    }
    static bool ends_soon(const std::future<Outcome> &revocation)
    {
        return revocation.wait_for(milliseconds(5000)) == std::future_status::ready;
    }
    static bool goes_on(const std::future<Outcome> &revocation)
    {
        return revocation.wait_for(milliseconds(30)) == std::future_status::timeout;
    }
    [[nodiscard]] bool overdue(unsigned int times) const
    {
        for (int i = 0; i < 5000 && guest_.host.overdues < times; i++)
            std::this_thread::sleep_for(milliseconds(1));
        return guest_.host.overdues == times;
    }
    Guest guest_;
};

TEST_F(Revoke, TakesNumbersOfGrants)
{
    for (const uint64_t number : {uint64_t{0}, uint64_t{PV_GRANT_ENTRIES}, beyond_32, beyond_32 + 5,
                                  uint64_t{UINT32_MAX}, UINT64_MAX})
        EXPECT_EQ(revoke(guest_, number, 0), -PV_EINVAL) << number;
    EXPECT_EQ(revoke(guest_, 1, 0), 0);
    EXPECT_EQ(revoke(guest_, PV_GRANT_ENTRIES - 1, UINT64_MAX), 0);
}

TEST_F(Revoke, WantsTheEntryTakenBackFirst)
{
    FakeBackend backend(guest_, {1});
    EXPECT_EQ(revoke(guest_, grant.value, 0), -PV_EBUSY);
    backend.pins.pin(grant);
    EXPECT_EQ(revoke(guest_, grant.value, 0), -PV_EBUSY);
    EXPECT_FALSE(backend.waited_for());
    backend.pins.unpin(grant);
    take_back(guest_, grant.value);
    EXPECT_EQ(revoke(guest_, grant.value, 0), 0);
    // Whatever else the guest leaves in it.
    put_entry(guest_, grant.value, ~PV_GRANT_VALID, 0, UINT64_MAX);
    EXPECT_EQ(revoke(guest_, grant.value, 0), 0);
    put_entry(guest_, grant.value, UINT32_MAX, 0, UINT64_MAX);
    EXPECT_EQ(revoke(guest_, grant.value, 0), -PV_EBUSY);
}

TEST_F(Revoke, ReturnsAtOnceWhereNobodyPinsIt)
{
    FakeBackend backend(guest_, {1});
    backend.pins.pin({grant.value + 1});
    backend.pins.pin({grant.value - 1});
    take_back(guest_, grant.value);
    EXPECT_EQ(revoke(guest_, grant.value, long_time), 0);
    EXPECT_FALSE(backend.waited_for());
    EXPECT_EQ(guest_.host.overdues, 0U);
}

TEST_F(Revoke, WaitsForTheLastUnpin)
{
    FakeBackend backend(guest_, {1});
    const UnpinLoop loop(*guest_.domain, backend);
    backend.pins.pin(grant);
    backend.pins.pin(grant);
    std::future<Outcome> revocation = begin();
    EXPECT_TRUE(goes_on(revocation));
    EXPECT_TRUE(backend.waited_for());
    backend.pins.unpin(grant);
    EXPECT_TRUE(goes_on(revocation));
    // The guest's other vCPUs are not kept waiting.
    EXPECT_EQ(guest_.call(PV_CALL_VERSION, PV_VERSION_ABI), 1);
    backend.pins.unpin(grant);
    ASSERT_TRUE(ends_soon(revocation));
    const Outcome outcome = revocation.get();
    EXPECT_EQ(outcome.result, 0);
    EXPECT_EQ(outcome.after, After::resume);
    EXPECT_FALSE(backend.waited_for());
    EXPECT_EQ(guest_.host.overdues, 0U);
}

// The longest time that a guest can name is not one that wraps.
TEST_F(Revoke, HasNoMorePatienceThanItsLimit)
{
    FakeBackend backend(guest_, {1});
    const UnpinLoop loop(*guest_.domain, backend);
    backend.pins.pin(grant);
    std::future<Outcome> revocation = begin(UINT64_MAX);
    EXPECT_TRUE(goes_on(revocation));
    EXPECT_EQ(guest_.host.overdues, 0U);
    backend.pins.unpin(grant);
    EXPECT_TRUE(ends_soon(revocation));
    EXPECT_EQ(revocation.get().result, 0);
}

TEST_F(Revoke, WaitsForAllBackends)
{
    FakeBackend one(guest_, {1});
    FakeBackend two(guest_, {2});
    const UnpinLoop first_loop(*guest_.domain, one);
    const UnpinLoop second_loop(*guest_.domain, two);
    one.pins.pin(grant);
    two.pins.pin(grant);
    std::future<Outcome> revocation = begin();
    EXPECT_TRUE(goes_on(revocation));
    two.pins.unpin(grant);
    EXPECT_TRUE(goes_on(revocation));
    one.pins.unpin(grant);
    ASSERT_TRUE(ends_soon(revocation));
    EXPECT_FALSE(one.waited_for());
    EXPECT_FALSE(two.waited_for());
}

TEST_F(Revoke, TwoAtOnceEndEachWithItsOwn)
{
    FakeBackend backend(guest_, {1});
    const UnpinLoop loop(*guest_.domain, backend);
    backend.pins.pin(grant);
    backend.pins.pin({6});
    std::future<Outcome> revocation = begin();
    std::future<int64_t> second =
        std::async(std::launch::async, [this] { return revoke(guest_, 6, long_time); });
    EXPECT_TRUE(goes_on(revocation));
    backend.pins.unpin(grant);
    ASSERT_TRUE(ends_soon(revocation));
    // The other still waits, so the backend still tells.
    EXPECT_TRUE(backend.waited_for());
    backend.pins.unpin({6});
    EXPECT_EQ(second.get(), 0);
    EXPECT_FALSE(backend.waited_for());
}

TEST_F(Revoke, EndsWithTheDetachOfWhoIsOverdue)
{
    FakeBackend patient(guest_, {1});
    FakeBackend hung(guest_, {2});
    const UnpinLoop loop(*guest_.domain, hung);
    hung.pins.pin(grant);
    patient.pins.pin({6});
    const uint64_t begun = clock_now();
    std::future<Outcome> revocation = begin(20 * ms);
    ASSERT_TRUE(overdue(1));
    EXPECT_GE(clock_now() - begun, 20 * ms);
    // It goes on until the host has ended it, and is told of once.
    EXPECT_EQ(revocation.wait_for(milliseconds(300)), std::future_status::timeout);
    guest_.domain->detach({2});
    ASSERT_TRUE(ends_soon(revocation));
    EXPECT_EQ(revocation.get().result, 0);
    EXPECT_EQ(guest_.host.late, std::vector{BackendNumber{2}});

    // The next one under its number begins anew.
    FakeBackend again(guest_, {2});
    give(guest_, grant.value, host_domain);
    again.pins.pin(grant);
    std::future<Outcome> other_one = begin(0);
    ASSERT_TRUE(overdue(2));
    guest_.domain->detach({2});
    EXPECT_TRUE(ends_soon(other_one));
}

TEST_F(Revoke, EndsAtOnceWithADetachInItsTime)
{
    FakeBackend backend(guest_, {1});
    backend.pins.pin(grant);
    std::future<Outcome> revocation = begin();
    EXPECT_TRUE(goes_on(revocation));
    guest_.domain->detach({1});
    EXPECT_TRUE(ends_soon(revocation));
    EXPECT_EQ(guest_.host.overdues, 0U);
}

TEST_F(Revoke, IsNotForgottenByWhoPinsLate)
{
    FakeBackend hung(guest_, {1});
    FakeBackend late(guest_, {2});
    hung.pins.pin(grant);
    std::future<Outcome> revocation = begin(0);
    ASSERT_TRUE(overdue(1));
    late.pins.pin(grant);
    ASSERT_TRUE(overdue(2));
    guest_.domain->detach({1});
    EXPECT_TRUE(goes_on(revocation));
    guest_.domain->detach({2});
    EXPECT_TRUE(ends_soon(revocation));
    EXPECT_EQ(guest_.host.late, (std::vector{BackendNumber{1}, BackendNumber{2}}));
}

// It pins a grant without a use, and nobody signals for it: a backend that was taken over.
TEST_F(Revoke, WaitsForNonsenseUntilItsWriterIsGone)
{
    FakeBackend hostile(guest_, {1});
    std::vector<unsigned char> nonsense(hostile.area.size(), 0xff);
    pv_shared_copy_in(hostile.area.at(0), nonsense.data(), static_cast<uint32_t>(nonsense.size()));
    std::future<Outcome> revocation = begin(0);
    ASSERT_TRUE(overdue(1));
    pv_shared_copy_in(hostile.area.at(0), nonsense.data(), static_cast<uint32_t>(nonsense.size()));
    guest_.domain->detach({1});
    EXPECT_TRUE(ends_soon(revocation));
    EXPECT_EQ(revocation.get().result, 0);
}

TEST_F(Revoke, IsToldByBackendsThatComeMeanwhile)
{
    FakeBackend old(guest_, {1});
    const UnpinLoop loop(*guest_.domain, old);
    old.pins.pin(grant);
    std::future<Outcome> revocation = begin();
    EXPECT_TRUE(goes_on(revocation));
    FakeBackend fresh(guest_, {2});
    const UnpinLoop fresh_loop(*guest_.domain, fresh);
    EXPECT_TRUE(fresh.waited_for());
    fresh.pins.pin(grant);
    old.pins.unpin(grant);
    EXPECT_TRUE(goes_on(revocation));
    fresh.pins.unpin(grant);
    EXPECT_TRUE(ends_soon(revocation));
    EXPECT_FALSE(fresh.waited_for());
}

TEST_F(Revoke, EndsWithTheGuest)
{
    FakeBackend backend(guest_, {1});
    backend.pins.pin(grant);
    std::future<Outcome> revocation = begin();
    EXPECT_TRUE(goes_on(revocation));
    guest_.domain->end(PV_SHUTDOWN_POWEROFF, 0);
    ASSERT_TRUE(ends_soon(revocation));
    const Outcome outcome = revocation.get();
    EXPECT_EQ(outcome.result, -PV_ECANCELED);
    EXPECT_EQ(outcome.after, After::ended);
    EXPECT_FALSE(backend.waited_for());
    EXPECT_EQ(guest_.host.overdues, 0U);
}

TEST_F(Revoke, EndsWhenTheDomainIsStopped)
{
    FakeBackend backend(guest_, {1});
    backend.pins.pin(grant);
    std::future<Outcome> revocation = begin(0);
    ASSERT_TRUE(overdue(1));
    guest_.domain->stop();
    ASSERT_TRUE(ends_soon(revocation));
    EXPECT_EQ(revocation.get().after, After::ended);
}

class RevokeMapped : public Revoke {
  protected:
    RevokeMapped()
    {
        give(guest_, grant.value, self, first_arena_frame, 2);
        for (const uint64_t at : {uint64_t{0x40000000}, uint64_t{0x50000000}})
            EXPECT_EQ(guest_.call(PV_CALL_GRANT, PV_GRANT_MAP, self.value, grant.value, at,
                                  PV_PROTECT_READ),
                      2);
    }
};

TEST_F(RevokeMapped, WaitsForTheGuestToUnmap)
{
    std::future<Outcome> revocation = begin();
    EXPECT_TRUE(goes_on(revocation));
    EXPECT_EQ(guest_.call(PV_CALL_GRANT, PV_GRANT_UNMAP, 0x40000000), 0);
    EXPECT_TRUE(goes_on(revocation));
    EXPECT_EQ(guest_.call(PV_CALL_GRANT, PV_GRANT_UNMAP, 0x50000000), 0);
    ASSERT_TRUE(ends_soon(revocation));
    EXPECT_EQ(revocation.get().result, 0);
    EXPECT_EQ(guest_.vehicle.mappings.size(), 4U);
}

TEST_F(RevokeMapped, UnmapsWhatIsLeftAfterItsTime)
{
    std::future<Outcome> revocation = begin(10 * ms);
    ASSERT_TRUE(ends_soon(revocation));
    EXPECT_EQ(revocation.get().result, 0);
    ASSERT_EQ(guest_.vehicle.mappings.size(), 4U);
    EXPECT_EQ(guest_.vehicle.mappings[2].from.value, 0x40000000U);
    EXPECT_EQ(guest_.vehicle.mappings[2].bytes, 2 * page);
    EXPECT_EQ(guest_.vehicle.mappings[2].access, 0U);
    EXPECT_EQ(guest_.vehicle.mappings[3].access, 0U);
    EXPECT_EQ(guest_.call(PV_CALL_GRANT, PV_GRANT_UNMAP, 0x40000000), -PV_EINVAL);
    EXPECT_EQ(guest_.host.overdues, 0U);
}

TEST_F(RevokeMapped, SaysWhatTheVehicleCannotUnmap)
{
    guest_.vehicle.map_result = -PV_ENOMEM;
    take_back(guest_, grant.value);
    EXPECT_EQ(revoke(guest_, grant.value, 0), -PV_ENOMEM);
    guest_.vehicle.map_result = 0;
    EXPECT_EQ(revoke(guest_, grant.value, 0), 0);
}

// What nobody may see: a frame in use after the guest was told that it is not.
class Users {
  public:
    explicit Users(const Guest &guest, uint32_t count)
    {
        for (uint32_t number = 0; number < count; number++) {
            backends_.push_back(std::make_unique<FakeBackend>(guest, BackendNumber{number}));
            loops_.push_back(std::make_unique<UnpinLoop>(*guest.domain, *backends_.back()));
        }
        for (const auto &backend : backends_)
            threads_.emplace_back([this, &backend = *backend] { use(backend); });
    }
    Users(const Users &) = delete;
    Users &operator=(const Users &) = delete;
    ~Users() { end(); }

    void end()
    {
        ends_ = true;
        for (std::thread &thread : threads_)
            thread.join();
        threads_.clear();
    }

    std::atomic<uint64_t> granted{0}; // the frame that is, 0 for none
    std::atomic<uint64_t> uses{0};
    std::atomic<uint64_t> refusals{0};
    std::atomic<uint64_t> breaks{0};

  private:
    void use(FakeBackend &backend)
    {
        void *const table =
            mmap(nullptr, PV_GRANT_TABLE_SIZE, PROT_READ, MAP_SHARED, backend.table.get(), 0);
        const pv_shared at = pv_shared_at(pv_shared_from_pointer(table),
                                          grant.value * uint32_t{sizeof(pv_grant_entry)});
        for (uint64_t round = 0; !ends_; round++) {
            backend.pins.pin(grant);
            if ((pv_shared_load_acquire(at) & PV_GRANT_VALID) != 0) {
                const uint64_t frame =
                    pv_shared_load_relaxed(pv_shared_at(at, offsetof(pv_grant_entry, first_frame)));
                // Longer now and then, so that the guest finds it at its use.
                for (uint64_t i = 0; i < (round % 64 == 0 ? 200 : 2); i++)
                    breaks += granted.load() != frame;
                uses++;
            } else {
                refusals++;
            }
            backend.pins.unpin(grant);
        }
        munmap(table, PV_GRANT_TABLE_SIZE);
    }

    std::vector<std::unique_ptr<FakeBackend>> backends_;
    std::vector<std::unique_ptr<UnpinLoop>> loops_;
    std::atomic<bool> ends_{false};
    std::vector<std::thread> threads_;
};

TEST_F(Revoke, IsFinalWhileBackendsPinAsFastAsTheyCan)
{
    take_back(guest_, grant.value);
    ASSERT_EQ(revoke(guest_, grant.value, 0), 0);
    Users users(guest_, 2);
    const uint64_t until = clock_now() + 1000 * ms;
    uint64_t rounds = 0;
    for (; clock_now() < until; rounds++) {
        const uint64_t frame = first_arena_frame + rounds % 64;
        users.granted = frame;
        give(guest_, grant.value, host_domain, frame);
        for (uint64_t before = users.uses; users.uses == before && clock_now() < until;)
            std::this_thread::yield();
        take_back(guest_, grant.value);
        ASSERT_EQ(revoke(guest_, grant.value, long_time), 0);
        users.granted = 0;
    }
    users.end();
    EXPECT_EQ(users.breaks, 0U);
    EXPECT_GT(rounds, 10U);
    EXPECT_GT(users.uses, 10U);
    EXPECT_EQ(guest_.host.overdues, 0U);
}

} // namespace
} // namespace paravane::hypercall_test
