// SPDX-License-Identifier: Apache-2.0
//
// The order of the steps of pins on both sides: what the other one sees at the moment that counts. Built
// under an access policy in which it acts just then.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "fence.hpp"
#include "hypercall/host/pin_area.hpp"

namespace paravane::backend_test {
namespace {

constexpr GrantId grant{5};

UniqueFd copy_of(int fd)
{
    return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

class PinOrder : public testing::Test {
  protected:
    ~PinOrder() override
    {
        at_fence = {};
        at_acquire = {};
        at_release = {};
    }
    [[nodiscard]] bool signalled() const
    {
        eventfd_t count = 0;
        return eventfd_read(domain_.unpinned(), &count) == 0;
    }
    DomainPins domain_ = *DomainPins::create();
    BackendPins backend_ =
        *BackendPins::adopt(copy_of(domain_.area()), copy_of(domain_.unpinned()));
};

TEST_F(PinOrder, APinIsSeenAtItsFence)
{
    bool seen = false;
    at_fence = [&] { seen = domain_.pinned(grant); };
    backend_.pin(grant);
    EXPECT_TRUE(seen);
}

// Who sees it has all that was done with the frames behind it.
TEST_F(PinOrder, AnUnpinIsARelease)
{
    backend_.pin(grant);
    unsigned int releases = 0;
    at_release = [&] {
        releases++;
        EXPECT_TRUE(domain_.pinned(grant));
    };
    backend_.unpin(grant);
    EXPECT_EQ(releases, 1U);
}

TEST_F(PinOrder, ALookForPinsIsAnAcquire)
{
    unsigned int acquires = 0;
    at_acquire = [&] { acquires++; };
    EXPECT_FALSE(domain_.pinned(grant));
    EXPECT_EQ(acquires, 1U);
}

// Either the unpin is seen, or its backend sees who waits for it.
TEST_F(PinOrder, AnUnpinIsSeenBeforeItLooksForWhoWaits)
{
    backend_.pin(grant);
    at_fence = once([&] {
        EXPECT_FALSE(domain_.pinned(grant));
        domain_.expect_unpin();
    });
    backend_.unpin(grant);
    EXPECT_TRUE(signalled());
}

TEST_F(PinOrder, WhoWaitsIsSeenBeforeItLooksForPins)
{
    backend_.pin(grant);
    at_fence = once([&] { backend_.unpin(grant); });
    domain_.expect_unpin();
    EXPECT_TRUE(signalled());
}

} // namespace
} // namespace paravane::backend_test
